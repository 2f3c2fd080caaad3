namespace Cria.Models.Adapters;

/// <summary>The adapters of one sequence; it keeps them in memory until it is disposed.</summary>
internal sealed class AdapterSet : IDisposable
{
    private readonly ScaledAdapter[] _adapters;
    private bool _isDisposed;

    private AdapterSet(ScaledAdapter[] adapters)
    {
        _adapters = adapters;
        int held = 0;
        try
        {
            for (; held < adapters.Length; held++) adapters[held].Adapter.Hold();
        }
        catch
        {
            while (held > 0) adapters[--held].Adapter.Release();
            throw;
        }
    }

    /// <summary>What tells it from other sets in this process: two sequences with the same go through the same matrices.</summary>
    public string Key => field ??= string.Join(' ', _adapters.Select(scaled => $"{scaled.Adapter.Id}*{BitConverter.SingleToInt32Bits(scaled.Scale):x8}"));

    /// <summary>Each adapter once, with the sum of its scales, which is not 0.</summary>
    public ReadOnlySpan<ScaledAdapter> Adapters => _adapters;

    /// <summary>The set of some adapters; null if they change nothing.</summary>
    public static AdapterSet? Of(IReadOnlyList<ScaledAdapter> adapters)
    {
        if (adapters.Count == 0) return null;
        ScaledAdapter[] each = [.. adapters.GroupBy(scaled => scaled.Adapter, scaled => scaled.Scale)
            .Select(scales => new ScaledAdapter(scales.Key, scales.Sum())).Where(scaled => scaled.Scale != 0)];
        return each.Length == 0 ? null : new AdapterSet(each);
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (ScaledAdapter scaled in _adapters) scaled.Adapter.Release();
    }
}
