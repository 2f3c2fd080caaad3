using System.Security.Cryptography;
using System.Text;
using Cria.Gguf;
using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria;

/// <summary>A LoRA adapter in memory: a trained change of some of a model's matrices, which requests can ask for.</summary>
/// <remarks>
/// It belongs to the model that loaded it. Any number of requests may use it at once, alone or with others; disposing it frees its
/// memory when the last request that uses it has ended, and later requests are refused.
/// </remarks>
public sealed class LoraAdapter : IDisposable
{
    private static long s_lastId;

    private readonly LoraRouter _router;
    private readonly LowRank?[] _added;
    private readonly Lock _lock = new();
    private int _holders;
    private bool _isDisposed;

    /// <summary>Copies the factors of a file that has been checked.</summary>
    internal LoraAdapter(LoraFile file, LoraRouter router, CancellationToken cancellationToken)
    {
        Info = file.Info;
        _router = router;
        _added = new LowRank?[router.TensorCount];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (LoraPair pair in file.Pairs)
            {
                cancellationToken.ThrowIfCancellationRequested();
                float scale = Info.Alpha == 0 ? 1 : Info.Alpha / pair.Rank;
                _added[router.Find(pair.Tensor)!.Value] = new LowRank(pair.Down, pair.Up, scale);
                hash.AppendData(Encoding.UTF8.GetBytes($"{pair.Tensor} {BitConverter.SingleToInt32Bits(scale):x8}\n"));
                Append(hash, pair.Down);
                Append(hash, pair.Up);
            }
        }
        catch
        {
            Free();
            throw;
        }

        Hash = hash.GetHashAndReset();
    }

    /// <summary>What the file says about the adapter.</summary>
    public AdapterInfo Info { get; }

    /// <summary>The SHA-256 of all that it changes, the same for every copy of the adapter.</summary>
    internal byte[] Hash { get; }

    /// <summary>A number that no other adapter in the process has.</summary>
    internal long Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <summary>Raised when its memory is gone, on whichever thread let go of it last.</summary>
    internal event Action<LoraAdapter>? Freed;

    /// <summary>Whether it has been disposed; requests that use it may still be running.</summary>
    internal bool IsDisposed => _isDisposed;

    /// <summary>Whether its memory is gone.</summary>
    internal bool IsFreed { get; private set; }

    /// <summary>The bytes of its matrices in memory.</summary>
    internal long Bytes => _added.Sum(added => added?.Bytes ?? 0);

    /// <summary>Frees the adapter's memory as soon as no request uses it any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            if (_holders == 0) Free();
        }
    }

    internal bool BelongsTo(LoraRouter router) => _router == router;

    /// <summary>What the adapter adds to a tensor's products; null where it changes nothing.</summary>
    internal LowRank? At(int tensor) => _added[tensor];

    /// <summary>Keeps the memory until <see cref="Release"/>.</summary>
    internal void Hold()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _holders++;
        }
    }

    internal void Release()
    {
        lock (_lock)
        {
            if (--_holders == 0 && _isDisposed) Free();
        }
    }

    private void Free()
    {
        IsFreed = true;
        foreach (LowRank? added in _added) added?.Dispose();
        Freed?.Invoke(this);
    }

    private static void Append(IncrementalHash hash, GgufTensor tensor)
    {
        hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Type} {string.Join('x', tensor.Dimensions.ToArray())}\n"));
        for (long at = 0; at < tensor.ByteLength; at += 1 << 20) hash.AppendData(tensor.Bytes(at, (int)Math.Min(1 << 20, tensor.ByteLength - at)));
    }
}
