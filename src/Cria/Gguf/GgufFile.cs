namespace Cria.Gguf;

/// <summary>An opened GGUF model file, or set of split files: its metadata and its memory-mapped tensors.</summary>
/// <remarks>
/// Any number of threads may read at once. Disposing unmaps the file: it must not happen while another thread reads, and spans taken
/// before must not be used after. There is no finalizer on purpose: kernels hold plain addresses, and a leak is better than a crash.
/// The same holds for the file itself: if another process cuts it short while it is mapped, reading the lost part ends this process,
/// as with every memory-mapped file. Replace model files by renaming a new one over them, as <see cref="GgufWriter"/> does.
/// </remarks>
public sealed unsafe class GgufFile : IDisposable
{
    private readonly List<GgufSource> _sources = [];
    private readonly Dictionary<string, GgufTensor> _tensorsByName = [];
    private readonly List<GgufTensor> _tensors = [];

    private GgufFile(string path)
    {
        Path = path;
        try
        {
            GgufHeader first = Read(path);
            Version = first.Version;
            Alignment = first.Alignment;
            Metadata = first.Metadata;
            Add(first);
            AddOtherSplits(first);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file that was opened: of a split model, the first.</summary>
    public string Path { get; }

    /// <summary>The version of the format: 2 or 3.</summary>
    public int Version { get; }

    /// <summary>What the places of tensors in the file are multiples of.</summary>
    public int Alignment { get; }

    /// <summary>The bytes of all files together.</summary>
    public long FileBytes => _sources.Sum(source => source.FileLength);

    /// <summary>The path of every split in order; one path if the model is not split.</summary>
    public IReadOnlyList<string> Paths => [.. _sources.Select(source => source.Path)];

    /// <summary>The metadata; of a split model, the first file's.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors of all files in the order of the files; none in a file that is only a vocabulary.</summary>
    public IReadOnlyList<GgufTensor> Tensors => _tensors;

    internal IReadOnlyList<GgufSource> Sources => _sources;

    internal bool IsDisposed { get; private set; }

    /// <summary>Maps the file and reads its header; of a split model, give the first file, and the others are opened with it.</summary>
    /// <exception cref="ModelLoadException">The file cannot be opened, is not a sound GGUF file, or uses something unknown.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Cria runs on little-endian machines only.");
        return new GgufFile(path);
    }

    /// <summary>The tensor of that name, or null if there is none.</summary>
    public GgufTensor? FindTensor(string name) => _tensorsByName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        IsDisposed = true;
        foreach (GgufSource source in _sources) source.Dispose();
    }

    private GgufHeader Read(string path)
    {
        GgufSource source = GgufSource.Map(path);
        _sources.Add(source);
        return GgufHeader.Read(source);
    }

    private void Add(GgufHeader header)
    {
        GgufSource source = header.Source;
        if (_tensors.Count + header.Tensors.Count > GgufHeader.MaximumTensors)
            source.Fail("tensor count", 8, $"the parts have more than the {GgufHeader.MaximumTensors} tensors allowed.");
        foreach (GgufTensorInfo info in header.Tensors)
        {
            var tensor = new GgufTensor(this, info.Name, info.Type, info.Dimensions, source.Start + info.Data, info.ByteLength);
            if (!_tensorsByName.TryAdd(info.Name, tensor)) source.Fail(info.Name, info.At, "the tensor is in another part as well.");
            _tensors.Add(tensor);
        }
    }

    private void AddOtherSplits(GgufHeader first)
    {
        long count = first.Metadata.GetInteger(GgufSplits.CountKey) ?? 1;
        long number = first.Metadata.GetInteger(GgufSplits.NumberKey) ?? 0;
        if (count <= 1) return;

        GgufSplits splits = GgufSplits.Of(first, number, count);
        for (int i = 1; i < count; i++)
        {
            GgufHeader part = Read(splits.Find(i));
            splits.Check(part, i);
            Add(part);
        }

        if (first.Metadata.TryGetValue(GgufSplits.TensorCountKey, out GgufValue? total) && total.AsInteger() != _tensors.Count)
            throw total.Error($"the parts together have {_tensors.Count} tensors, but {total.AsInteger()} are announced.");
    }
}
