namespace Cria.Gguf;

/// <summary>An opened GGUF model file, or set of split files: its metadata and its memory-mapped tensors.</summary>
public sealed class GgufFile : IDisposable
{
    internal bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => IsDisposed = true;
}
