namespace Cria;

/// <summary>The pieces of a text while it is generated; after the last one <see cref="Result"/> tells how it went.</summary>
/// <remarks>The work starts with the enumeration and stops when the enumerator is disposed. It can be enumerated once.</remarks>
public sealed class GenerationStream : IAsyncEnumerable<string>
{
    internal GenerationStream()
    {
    }

    /// <summary>The whole result, once the enumeration has ended, also after a cancellation.</summary>
    /// <exception cref="InvalidOperationException">The generation has not ended, or it failed.</exception>
    public GenerationResult Result => throw new NotImplementedException();

    /// <inheritdoc/>
    public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
