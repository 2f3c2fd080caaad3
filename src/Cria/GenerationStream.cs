using Cria.Runtime;

namespace Cria;

/// <summary>The pieces of a text while it is generated; after the last one <see cref="Result"/> tells how it went.</summary>
/// <remarks>The work starts with the enumeration and stops when the enumerator is disposed. It can be enumerated once.</remarks>
public sealed class GenerationStream : IAsyncEnumerable<string>
{
    private readonly Func<CancellationToken, Task<Generation>> _start;
    private readonly CancellationToken _cancellation;
    private int _isEnumerated;
    private GenerationResult? _result;

    internal GenerationStream(Func<CancellationToken, Task<Generation>> start, CancellationToken cancellation)
    {
        _start = start;
        _cancellation = cancellation;
    }

    /// <summary>The whole result, once the enumeration has ended, also after a cancellation.</summary>
    /// <exception cref="InvalidOperationException">The generation has not ended, or it failed.</exception>
    public GenerationResult Result =>
        _result ?? throw new InvalidOperationException(
            "There is no result: the stream has not been read to its end, or the generation failed.");

    /// <summary>The result, or null where there is none.</summary>
    internal GenerationResult? Outcome => _result;

    /// <inheritdoc/>
    public async IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isEnumerated, 1) != 0)
            throw new InvalidOperationException("A stream can be read once. Call StreamAsync again for another text.");

        using CancellationTokenSource? either = _cancellation.CanBeCanceled && cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(_cancellation, cancellationToken)
            : null;
        CancellationToken token = either?.Token ?? (_cancellation.CanBeCanceled ? _cancellation : cancellationToken);

        Generation generation = await _start(token).ConfigureAwait(false);
        try
        {
            while (await generation.Pieces.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (generation.Pieces.TryRead(out string? piece))
                {
                    // The text may be far ahead of its reader: who cancels wants no more of it.
                    token.ThrowIfCancellationRequested();
                    yield return piece;
                }
            }
        }
        finally
        {
            // Whoever stops reading early stops the work, and the sequence is free when this returns.
            generation.Cancel();
            await ((Task)generation.Completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _result = generation.Outcome;
        }
    }
}
