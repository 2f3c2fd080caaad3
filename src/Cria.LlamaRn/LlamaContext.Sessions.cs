namespace Cria.LlamaRn;

public sealed partial class LlamaContext
{
    private SessionText? _text;

    /// <summary>How states of texts are kept; the model's own way.</summary>
    internal ISessions Sessions { get; init; } = ModelSessions.Instance;

    /// <summary>Saves the state of the last text, prompt and answer, so that another process can go on from it.</summary>
    /// <param name="path">The file, with or without <c>file://</c> before it.</param>
    /// <param name="tokenSize">How many tokens at the start of the text are saved; -1 saves all.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="LlamaException">There is no text yet, or the file could not be written.</exception>
    public Task<int> SaveSessionAsync(string path, int tokenSize = -1, CancellationToken cancellationToken = default) =>
        SaveSessionAsync(path, _text, tokenSize, cancellationToken);

    internal Task<int> SaveSessionAsync(string path, SessionText? text, int tokenSize, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DoSessionAsync(async token =>
        {
            if (text is null) throw new LlamaException(LlamaErrorCodes.Session, "There is no text to save yet. Run a completion first.");
            int[] prompt = text.Prompt.Text is { } spell
                ? await Model.TokenizeAsync(spell(), addSpecial: true, parseSpecial: true, token).ConfigureAwait(false)
                : text.Prompt.Tokens.ToArray();
            int[] tokens = [.. prompt, .. text.Answer];
            if (tokenSize > 0 && tokenSize < tokens.Length) tokens = tokens[..tokenSize];
            return await Sessions.SaveAsync(Model, LlamaConversions.PathOf(path), tokens, token).ConfigureAwait(false);
        }, cancellationToken);
    }

    /// <summary>Loads the state of a text, so that a prompt that begins with it goes on from there.</summary>
    /// <param name="path">The file, with or without <c>file://</c> before it.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">The file is missing, damaged or of another model.</exception>
    public Task<SessionLoadResult> LoadSessionAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DoSessionAsync(async token =>
        {
            IReadOnlyList<int> tokens = await Sessions.LoadAsync(Model, LlamaConversions.PathOf(path), token).ConfigureAwait(false);
            _text = new SessionText(new SessionPrompt(null, tokens.ToArray()), []);
            // What the tokenizer adds at a text's start it adds to the prompt again, so that it is no part of that.
            int[] added = await Model.TokenizeAsync("", addSpecial: true, cancellationToken: token).ConfigureAwait(false);
            int[] own = [.. tokens.Skip(added.Length > 0 && tokens.Count > 0 && tokens[0] == added[0] ? 1 : 0)];
            string prompt = await Model.DetokenizeAsync(own, special: true, token).ConfigureAwait(false);
            return new SessionLoadResult(tokens.Count, prompt);
        }, cancellationToken);
    }

    private async Task<T> DoSessionAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using ActiveRequest request = BeginRequest(cancellationToken);
        return await ErrorRecovery.CodedAsync(() => work(request.Token), LlamaErrors.ConvertSessionError).ConfigureAwait(false);
    }
}
