using Cria.Gguf;
using Cria.Models;
using Cria.Runtime.Prefixes;
using Cria.Runtime.Sampling;
using Cria.Text;

namespace Cria.Runtime;

/// <summary>A loaded model's parts, and what all its generations share.</summary>
internal sealed class Engine
{
    private const string SuppressedTokensKey = "tokenizer.ggml.suppress_tokens";

    private readonly int[] _suppressed;
    private readonly int[] _suppressedWithEnds;
    private readonly Lazy<ChatTemplate> _chatTemplate;
    private SequenceBreakers? _breakers;

    /// <summary>Puts a model together; <paramref name="file"/> is closed with the engine.</summary>
    /// <exception cref="TemplateException">The given chat template cannot be parsed.</exception>
    public Engine(GgufFile file, Tokenizer tokenizer, IPredictor predictor, string? chatTemplate = null, SchedulerLimits? limits = null)
    {
        Info = ModelInfo.Read(file);
        Tokenizer = tokenizer;
        Predictor = predictor;
        Grammars = new GrammarLibrary(tokenizer);
        // The file's own template is read when it is needed: without a usable one the model still continues texts.
        ChatTemplate? given = chatTemplate is null ? null : ChatTemplate.For(tokenizer, chatTemplate);
        var open = new Lock();
        _chatTemplate = new(() =>
        {
            // The only part of the file that is read when requests ask for it: it must not be unmapped meanwhile.
            lock (open) return given ?? ChatTemplate.FromFile(file, tokenizer);
        });
        var defaults = new ModelOptions();
        Scheduler = new Scheduler(Info.Name, predictor, limits ?? new SchedulerLimits(defaults.ParallelRequests, defaults.QueueLimit), () =>
        {
            predictor.Dispose();
            lock (open) file.Dispose();
        });

        int[] suppressed = file.Metadata.GetIntegers(SuppressedTokensKey) ?? [];
        _suppressed = [.. suppressed.Where(token => (uint)token < (uint)predictor.VocabularySize)];
        _suppressedWithEnds = [.. _suppressed, .. Enumerable.Range(0, tokenizer.Count).Where(tokenizer.IsEndOfGeneration)];
    }

    public ModelInfo Info { get; }

    public Tokenizer Tokenizer { get; }

    public IPredictor Predictor { get; }

    /// <summary>The network itself, for embedding and for loading adapters; null where predictions do not come from one. Runs use it in their turn.</summary>
    public Network? Network { get; init; }

    /// <summary>What is remembered of texts; null where nothing is.</summary>
    public PrefixCache? Prefixes { get; init; }

    public Scheduler Scheduler { get; }

    public GrammarLibrary Grammars { get; }

    /// <summary>How the model wants conversations written.</summary>
    /// <exception cref="TemplateException">The file's template cannot be parsed.</exception>
    public ChatTemplate ChatTemplate => _chatTemplate.Value;

    /// <summary>The number of threads that the network computes with.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The memory that the model takes with one full context.</summary>
    public MemoryEstimate Memory { get; init; } = new();

    /// <summary>Why no graphics processor computes though one was asked for.</summary>
    public string? GpuDisabledReason { get; init; }

    /// <summary>Starts a run and waits for its value.</summary>
    public Task<TResult> Complete<TResult>(Run<TResult> run)
        where TResult : class
    {
        Scheduler.Start(run);
        return run.Completion;
    }

    /// <summary>Checks that tokens can be read: that there are some, that they exist, and that they fit the context.</summary>
    public void CheckPrompt(ReadOnlySpan<int> tokens)
    {
        OptionRules.CheckPrompt(tokens, Predictor.VocabularySize);
        if (tokens.Length > Predictor.ContextLength) throw new ContextFullException(tokens.Length, Predictor.ContextLength);
    }

    /// <summary>Checks a prompt like <see cref="CheckPrompt(ReadOnlySpan{int})"/>, but may let it be too long, where the options drop what is old.</summary>
    public void CheckPrompt(ReadOnlySpan<int> tokens, GenerationOptions options)
    {
        if (options.WhenFull == ContextOverflow.DropOldest) OptionRules.CheckPrompt(tokens, Predictor.VocabularySize);
        else CheckPrompt(tokens);
    }

    /// <summary>How many tokens at the start of a prompt are never dropped: a quarter of the context must be left for what comes and goes.</summary>
    public int KeptTokens(ReadOnlySpan<int> prompt, GenerationOptions options)
    {
        int wanted = options.KeepTokens ?? (Tokenizer.AddBos && prompt[0] == Tokenizer.Bos ? 1 : 0);
        return Math.Min(Math.Min(wanted, prompt.Length), Predictor.ContextLength / 4 * 3);
    }

    /// <summary>Those of some texts that are one token each, also a control token.</summary>
    public int[] TokensOf(IEnumerable<string> texts) =>
        [.. texts.Select(text => Tokenizer.Encode(text, addSpecial: false, parseSpecial: true)).Where(tokens => tokens.Length == 1).Select(tokens => tokens[0])];

    public Sampler CreateSampler(GenerationOptions options, uint seed) => new(
        options, seed, Predictor.VocabularySize, Predictor.ContextLength,
        options.IgnoreEos ? _suppressedWithEnds : _suppressed,
        Sampler.UsesDry(options) ? Breakers(options.DrySequenceBreakers) : SequenceBreakers.None);

    /// <summary>Finding breakers walks over the whole vocabulary, so the last ones are kept: they hardly ever change.</summary>
    private SequenceBreakers Breakers(IReadOnlyList<string> texts)
    {
        SequenceBreakers? known = _breakers;
        if (known is not null && known.Texts.SequenceEqual(texts)) return known;
        return _breakers = SequenceBreakers.Find(texts, Tokenizer);
    }
}
