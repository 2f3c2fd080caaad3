namespace Cria.LlamaRn;

/// <summary>Keeps the states of texts in files.</summary>
internal interface ISessions
{
    /// <summary>Saves the state of a text and returns the number of its tokens.</summary>
    Task<int> SaveAsync(LlamaModel model, string path, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken);

    /// <summary>Loads the state of a text and returns its tokens.</summary>
    Task<IReadOnlyList<int>> LoadAsync(LlamaModel model, string path, CancellationToken cancellationToken);
}

/// <summary>The model's own sessions.</summary>
internal sealed class ModelSessions : ISessions
{
    public static ModelSessions Instance { get; } = new();

    public Task<int> SaveAsync(LlamaModel model, string path, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken) => throw Missing();

    public Task<IReadOnlyList<int>> LoadAsync(LlamaModel model, string path, CancellationToken cancellationToken) => throw Missing();

    private static LlamaException Missing() => new(LlamaErrorCodes.Session, "This version cannot keep sessions in files.");
}
