namespace Cria;

/// <summary>A loaded language model that continues texts.</summary>
/// <remarks>All members may be used from several threads at once; requests share the weights and take turns.</remarks>
public sealed class LlamaModel : IAsyncDisposable, IDisposable
{
    private LlamaModel()
    {
    }

    /// <summary>What the model's file says about itself.</summary>
    public ModelInfo Info => throw new NotImplementedException();

    /// <summary>The most tokens that one text and its continuation may have together.</summary>
    public int ContextLength => throw new NotImplementedException();

    /// <summary>The number of threads that compute.</summary>
    public int Threads => throw new NotImplementedException();

    /// <summary>Loads the model in the GGUF file at <paramref name="path"/>; of a split model, the first file.</summary>
    /// <exception cref="ModelLoadException">The file is missing, damaged or of an unknown kind.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public static Task<LlamaModel> LoadAsync(
        string path, ModelOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Continues <paramref name="prompt"/> and hands out the text while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public GenerationStream StreamAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Continues a prompt of tokens and hands out the text while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public GenerationStream StreamAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Continues <paramref name="prompt"/> and returns the whole text.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public Task<GenerationResult> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Continues a prompt of tokens and returns the whole text.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public Task<GenerationResult> GenerateAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Cuts a text into tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Adds the tokens that the model wants at the start or end of a text.</param>
    /// <param name="parseSpecial">Reads the names of special tokens as those tokens.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<int[]> TokenizeAsync(
        string text, bool addSpecial = false, bool parseSpecial = false, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Joins tokens to a text.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="special">Writes the names of special tokens instead of leaving them out.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<string> DetokenizeAsync(ReadOnlyMemory<int> tokens, bool special = false, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>The model's logits for the token that follows <paramref name="tokens"/>.</summary>
    /// <exception cref="ContextFullException">The tokens do not fit the context.</exception>
    public Task<float[]> GetLogitsAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Measures how well the model predicts a text: cut into windows, the second half of each window is scored.</summary>
    /// <param name="text">The text; at least two windows long.</param>
    /// <param name="window">The number of tokens in a window.</param>
    /// <param name="progress">Hears of each finished window.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<PerplexityResult> MeasurePerplexityAsync(
        string text, int window = 512, IProgress<PerplexityProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Measures how fast the model reads prompts and generates tokens.</summary>
    /// <param name="promptTokens">The length of the prompt.</param>
    /// <param name="generatedTokens">The number of tokens to generate one by one.</param>
    /// <param name="repetitions">How often each is measured, after a run to warm up.</param>
    /// <param name="depth">The number of tokens that the context holds before each run.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<BenchmarkResult> BenchmarkAsync(
        int promptTokens, int generatedTokens, int repetitions, int depth = 0, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Cancels what is running, waits for it and frees everything.</summary>
    public void Dispose() => throw new NotImplementedException();

    /// <summary>Cancels what is running, waits for it and frees everything.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
