using System.Diagnostics;
using Cria.Runtime;
using Cria.Runtime.Drafts;

namespace Cria;

/// <summary>A loaded language model that continues texts.</summary>
/// <remarks>All members may be used from several threads at once; requests share the weights and advance together.</remarks>
public sealed partial class LlamaModel : IAsyncDisposable, IDisposable
{
    private readonly Engine _engine;

    internal LlamaModel(Engine engine) => _engine = engine;

    internal Engine Engine => _engine;

    /// <summary>What the model's file says about itself.</summary>
    public ModelInfo Info => _engine.Info;

    /// <summary>The most tokens that one text and its continuation may have together.</summary>
    public int ContextLength => _engine.Predictor.ContextLength;

    /// <summary>The number of threads that compute.</summary>
    public int Threads => _engine.Threads;

    /// <summary>How many requests there are at this moment.</summary>
    public RequestCounts Requests => _engine.Scheduler.Counts;

    /// <summary>Loads the model in the GGUF file at <paramref name="path"/>; of a split model, the first file.</summary>
    /// <exception cref="ModelLoadException">The file is missing, damaged or of an unknown kind.</exception>
    /// <exception cref="ModelTooLargeException">The model does not fit the memory; a shorter context may, as the exception tells.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public static Task<LlamaModel> LoadAsync(
        string path, ModelOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ModelOptions();
        OptionRules.Check(options);
        return Task.Run(() => new LlamaModel(ModelLoader.Load(path, options, progress, cancellationToken)), cancellationToken);
    }

    /// <summary>Continues <paramref name="prompt"/> and hands out the text while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public GenerationStream StreamAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options = Checked(options);
        long requested = Stopwatch.GetTimestamp();
        return new GenerationStream(token => StartAsync(prompt, options, requested, token), cancellationToken);
    }

    /// <summary>Continues a prompt of tokens and hands out the text while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public GenerationStream StreamAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = Checked(options);
        _engine.CheckPrompt(prompt.Span, options);
        int[] tokens = prompt.ToArray();
        long requested = Stopwatch.GetTimestamp();
        return new GenerationStream(token => Task.FromResult(Start(tokens, options, requested, token)), cancellationToken);
    }

    /// <summary>Continues <paramref name="prompt"/> and returns the whole text.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public async Task<GenerationResult> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options = Checked(options);
        Generation generation = await StartAsync(prompt, options, Stopwatch.GetTimestamp(), cancellationToken).ConfigureAwait(false);
        return await generation.Completion.ConfigureAwait(false);
    }

    /// <summary>Continues a prompt of tokens and returns the whole text.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public async Task<GenerationResult> GenerateAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = Checked(options);
        _engine.CheckPrompt(prompt.Span, options);
        return await Start(prompt.ToArray(), options, Stopwatch.GetTimestamp(), cancellationToken).Completion.ConfigureAwait(false);
    }

    /// <summary>Cuts a text into tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Adds the tokens that the model wants at the start or end of a text.</param>
    /// <param name="parseSpecial">Reads the names of special tokens as those tokens.</param>
    /// <param name="cancellationToken">Stops the work before it starts.</param>
    public Task<int[]> TokenizeAsync(
        string text, bool addSpecial = false, bool parseSpecial = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        _engine.Scheduler.ThrowIfDisposed();
        return Task.Run(() => _engine.Tokenizer.Encode(text, addSpecial, parseSpecial), cancellationToken);
    }

    /// <summary>Joins tokens to a text.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="special">Writes the names of special tokens instead of leaving them out.</param>
    /// <param name="cancellationToken">Stops the work before it starts.</param>
    public Task<string> DetokenizeAsync(ReadOnlyMemory<int> tokens, bool special = false, CancellationToken cancellationToken = default)
    {
        _engine.Scheduler.ThrowIfDisposed();
        OptionRules.CheckTokens("tokens", tokens.Span, _engine.Tokenizer.Count);
        return Task.Run(() => _engine.Tokenizer.Decode(tokens.Span, special), cancellationToken);
    }

    /// <summary>The model's logits for the token that follows <paramref name="tokens"/>.</summary>
    /// <exception cref="ContextFullException">The tokens do not fit the context.</exception>
    public Task<float[]> GetLogitsAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        _engine.Scheduler.ThrowIfDisposed();
        _engine.CheckPrompt(tokens.Span);
        return _engine.Complete(new LogitsRun(_engine.Predictor, tokens.ToArray(), cancellationToken));
    }

    /// <summary>Measures how well the model predicts a text: cut into windows, the second half of each window is scored.</summary>
    /// <param name="text">The text; at least two windows long.</param>
    /// <param name="window">The number of tokens in a window.</param>
    /// <param name="progress">Hears of each finished window.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public async Task<PerplexityResult> MeasurePerplexityAsync(
        string text, int window = 512, IProgress<PerplexityProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        OptionRules.Within(nameof(window), window, 4, ContextLength);
        int[] tokens = await TokenizeAsync(text, addSpecial: true, parseSpecial: false, cancellationToken).ConfigureAwait(false);
        OptionRules.Require(
            nameof(text), $"{tokens.Length} tokens long", tokens.Length >= 2 * (long)window,
            $"at least two windows ({2 * (long)window} tokens) long");
        int? bos = _engine.Tokenizer.AddBos ? _engine.Tokenizer.Bos : null;
        var run = new PerplexityRun(_engine.Predictor, tokens, window, bos, progress, cancellationToken);
        return await _engine.Complete(run).ConfigureAwait(false);
    }

    /// <summary>Measures how fast the model reads prompts and generates tokens.</summary>
    /// <param name="promptTokens">The length of the prompt.</param>
    /// <param name="generatedTokens">The number of tokens to generate one by one.</param>
    /// <param name="repetitions">How often each is measured, after a round to warm up.</param>
    /// <param name="depth">The number of tokens that the context holds before each.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<BenchmarkResult> BenchmarkAsync(
        int promptTokens, int generatedTokens, int repetitions, int depth = 0, CancellationToken cancellationToken = default)
    {
        _engine.Scheduler.ThrowIfDisposed();
        OptionRules.AtLeast(nameof(promptTokens), promptTokens, 0, "0 or more");
        OptionRules.AtLeast(nameof(generatedTokens), generatedTokens, 0, "0 or more");
        OptionRules.AtLeast(nameof(repetitions), repetitions, 1, "1 or more");
        OptionRules.AtLeast(nameof(depth), depth, 0, "0 or more");
        long needed = depth + (long)Math.Max(promptTokens, generatedTokens);
        if (needed > ContextLength) throw new ContextFullException((int)Math.Min(needed, int.MaxValue), ContextLength);
        return _engine.Complete(new BenchmarkRun(_engine.Predictor, promptTokens, generatedTokens, repetitions, depth, cancellationToken));
    }

    /// <summary>Cancels what is running, waits for it and frees everything.</summary>
    public void Dispose() => _engine.Scheduler.Dispose();

    /// <summary>Cancels what is running, waits for it and frees everything.</summary>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    /// <summary>The options, or the usual ones, after a check.</summary>
    internal GenerationOptions Checked(GenerationOptions? options)
    {
        _engine.Scheduler.ThrowIfDisposed();
        options ??= new GenerationOptions();
        OptionRules.Check(options, _engine.Predictor.VocabularySize);
        CheckOwnership(options.Adapters);
        if (options.Speculation.Draft is { } draft) DraftRules.Check(draft, _engine);
        return options;
    }

    private async Task<Generation> StartAsync(string prompt, GenerationOptions options, long requested, CancellationToken cancellationToken)
    {
        int[] tokens = await TokenizeAsync(prompt, options.AddSpecial, options.ParseSpecial, cancellationToken).ConfigureAwait(false);
        // Nothing to continue: a model that knows a first token can begin with that.
        if (tokens.Length == 0 && _engine.Tokenizer.Bos is { } bos) tokens = [bos];
        _engine.CheckPrompt(tokens, options);
        return Start(tokens, options, requested, cancellationToken);
    }

    private Generation Start(int[] tokens, GenerationOptions options, long requested, CancellationToken cancellationToken)
    {
        GrammarConstraint? constraint = options.Grammar is { } grammar ? new GrammarConstraint(_engine.Grammars.For(grammar)) : null;
        return Start(new GenerationRequest(tokens, options, requested) { Constraint = constraint }, cancellationToken);
    }

    private Generation Start(GenerationRequest request, CancellationToken cancellationToken)
    {
        var generation = new Generation(_engine, request, cancellationToken);
        _engine.Scheduler.Start(generation);
        return generation;
    }
}
