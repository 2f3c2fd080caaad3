using System.Buffers.Binary;

namespace Cria.Gguf;

/// <summary>Collects metadata and tensors, then writes them as one GGUF file that passes every check of <see cref="GgufFile"/>.</summary>
public sealed partial class GgufWriter
{
    private readonly List<PendingTensor> _tensors = [];

    private sealed record PendingTensor(string Name, TensorType Type, long[] Dimensions, long ByteLength, Action<Stream> Write);

    /// <summary>The version of the format to write; 2 has the same layout.</summary>
    internal uint Version { get; init; } = 3;

    /// <summary>Waits until the disk has the file, so that a power failure cannot leave half of one; tests need not.</summary>
    internal bool WaitsForDisk { get; init; } = true;

    /// <summary>Adds a tensor whose data is at hand; its length must be what type and dimensions say.</summary>
    public void AddTensor(string name, TensorType type, ReadOnlySpan<long> dimensions, ReadOnlyMemory<byte> data) =>
        AddTensor(name, type, dimensions, stream => stream.Write(data.Span));

    /// <summary>Adds a tensor whose data is written when its turn comes, so that a model larger than memory can be streamed.</summary>
    /// <remarks><paramref name="write"/> must write exactly the bytes that type and dimensions say; it may be called on each writing.</remarks>
    public void AddTensor(string name, TensorType type, ReadOnlySpan<long> dimensions, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(write);
        if (!type.IsKnown()) throw new ArgumentOutOfRangeException(nameof(type), type, $"Tensors of type {type} cannot be written.");
        if (dimensions.Length is < 1 or > 4) throw new ArgumentException("A tensor has one to four dimensions.", nameof(dimensions));
        if (GgufTensorRules.Measure(type, dimensions, out long bytes) is { } problem)
            throw new ArgumentException($"Tensor {name}: {problem}", nameof(dimensions));

        _tensors.Add(new PendingTensor(name, type, dimensions.ToArray(), bytes, write));
    }

    /// <summary>Adds a tensor of another file as it is; that file must stay open until this one is written.</summary>
    public void AddTensor(GgufTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        AddTensor(tensor.Name, tensor.Type, tensor.Dimensions, stream =>
        {
            const int Chunk = 1 << 20;
            for (long at = 0; at < tensor.ByteLength; at += Chunk)
                stream.Write(tensor.Bytes(at, (int)Math.Min(Chunk, tensor.ByteLength - at)));
        });
    }

    /// <summary>Writes the file under a temporary name and puts it in place when it is complete; a failure leaves what was there before.</summary>
    /// <exception cref="GgufFormatException">The metadata or a tensor breaks a rule of the format; nothing was written.</exception>
    /// <exception cref="ModelLoadException">The file cannot be written.</exception>
    public void Write(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (byte[] header, long[] offsets, long fileLength) = EncodeHeader(path);

        if (Directory.Exists(path)) throw new ModelLoadException(path, $"{path} is a folder. Give the path of the file to write.");
        string temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".cria-{Path.GetRandomFileName()}.tmp");
        try
        {
            try
            {
                using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
                {
                    WriteAll(file, header, offsets, fileLength, cancellationToken);
                    file.Flush(flushToDisk: WaitsForDisk);
                }

                File.Move(temporary, path, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException(path, $"{path} cannot be written: {cause.Message} Check the folder, its permissions and the free space.", cause);
        }
    }

    private void WriteAll(Stream file, byte[] header, long[] offsets, long fileLength, CancellationToken cancellationToken)
    {
        file.Write(header);
        for (int i = 0; i < _tensors.Count; i++)
        {
            PendingTensor tensor = _tensors[i];
            Pad(file, header.Length + offsets[i]);
            using var data = new TensorStream(file, tensor.Name, tensor.ByteLength, cancellationToken);
            tensor.Write(data);
            data.Finish();
        }

        Pad(file, fileLength);
    }

    private static void Pad(Stream file, long until)
    {
        while (file.Position < until) file.WriteByte(0);
    }

    /// <summary>Lays out the file, and has the reader check it before a byte is written.</summary>
    private unsafe (byte[] Header, long[] Offsets, long FileLength) EncodeHeader(string path)
    {
        long alignment = Alignment;
        var offsets = new long[_tensors.Count];
        long dataLength = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = dataLength;
            dataLength = checked(Align(dataLength + _tensors[i].ByteLength, alignment));
        }

        using var buffer = new MemoryStream();
        using (var header = new BinaryWriter(buffer, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            header.Write("GGUF"u8);
            header.Write(Version);
            header.Write((ulong)_tensors.Count);
            header.Write((ulong)_values.Count);
            foreach ((string key, Encoded value) in _values)
            {
                WriteText(header, key);
                header.Write((uint)value.Type);
                header.Write(value.Bytes);
            }

            for (int i = 0; i < offsets.Length; i++)
            {
                PendingTensor tensor = _tensors[i];
                WriteText(header, tensor.Name);
                header.Write((uint)tensor.Dimensions.Length);
                foreach (long dimension in tensor.Dimensions) header.Write(dimension);
                header.Write((uint)tensor.Type);
                header.Write(offsets[i]);
            }
        }

        if (_tensors.Count > 0) buffer.SetLength(Align(buffer.Length, alignment));
        byte[] bytes = buffer.ToArray();
        long fileLength = checked(bytes.Length + dataLength);
        fixed (byte* start = bytes)
        {
            using var source = new GgufSource(path, start, bytes.Length, fileLength);
            GgufHeader.Read(source);
        }

        return (bytes, offsets, fileLength);
    }

    private long Alignment =>
        _values.TryGetValue("general.alignment", out Encoded? value) && value.Type == GgufValueType.UInt32
            ? Math.Max(BinaryPrimitives.ReadUInt32LittleEndian(value.Bytes), 1) : 32;

    private static long Align(long position, long alignment) => (position + alignment - 1) / alignment * alignment;

    /// <summary>Lets a tensor's source write so many bytes and no more.</summary>
    private sealed class TensorStream(Stream file, string name, long length, CancellationToken cancellationToken) : Stream
    {
        private long _written;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => length;
        public override long Position { get => _written; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (buffer.Length > length - _written)
                throw new InvalidOperationException($"The source of tensor {name} writes more than the {length} bytes that the tensor takes.");
            file.Write(buffer);
            _written += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public void Finish()
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_written != length)
                throw new InvalidOperationException($"The source of tensor {name} wrote {_written} of the {length} bytes that the tensor takes.");
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
