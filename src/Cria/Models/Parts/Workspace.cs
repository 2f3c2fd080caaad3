using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>
/// The working memory of a network's parts. Parts that ask for the same purpose and width get the same buffer, so all
/// layers share one set; memory that is never touched is never resident.
/// </summary>
internal sealed class Workspace(int maxBatch) : IDisposable
{
    private readonly Dictionary<(string Purpose, int Columns, int RowsPerToken), Activations> _buffers = [];
    private readonly Dictionary<(string Purpose, int PerToken), Array> _arrays = [];

    /// <summary>The most tokens of one batch.</summary>
    public int MaxBatch => maxBatch;

    /// <summary>The bytes of all buffers.</summary>
    public long Bytes => _buffers.Values.Sum(buffer => buffer.Bytes);

    /// <summary>The buffer for a purpose, with room for <paramref name="rowsPerToken"/> rows per token of a batch.</summary>
    public Activations Buffer(string purpose, int columns, int rowsPerToken = 1)
    {
        if (!_buffers.TryGetValue((purpose, columns, rowsPerToken), out Activations? buffer))
        {
            buffer = new Activations(checked(maxBatch * rowsPerToken), columns);
            _buffers.Add((purpose, columns, rowsPerToken), buffer);
        }

        return buffer;
    }

    /// <summary>An array for a purpose, with room for <paramref name="perToken"/> elements per token of a batch.</summary>
    public T[] Array<T>(string purpose, int perToken)
    {
        if (!_arrays.TryGetValue((purpose, perToken), out Array? array))
        {
            array = new T[checked(maxBatch * perToken)];
            _arrays.Add((purpose, perToken), array);
        }

        return (T[])array;
    }

    public void Dispose()
    {
        foreach (Activations buffer in _buffers.Values) buffer.Dispose();
    }
}
