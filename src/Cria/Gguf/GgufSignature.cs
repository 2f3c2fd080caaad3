using System.Buffers.Binary;

namespace Cria.Gguf;

/// <summary>The first bytes of a file: a GGUF of a version that can be read, or one of the things that are often taken for one.</summary>
internal static unsafe class GgufSignature
{
    private const string GetGguf = "Get the model in GGUF format, or convert it with llama.cpp's convert_hf_to_gguf.py.";

    /// <summary>Throws unless the file starts as a GGUF of version 2 or 3 does.</summary>
    public static void Check(GgufSource source)
    {
        var head = new ReadOnlySpan<byte>(source.Start, (int)Math.Min(source.Length, 64));
        if (!head.StartsWith("GGUF"u8))
            throw new GgufFormatException(source.Path, "magic", 0, $"this is not a GGUF file but {Recognise(head)}");
        if (head.Length < 24) source.Fail("header", 0, $"the file ends after {source.Length} bytes, before the header does.");

        uint version = Version(source);
        string file = System.IO.Path.GetFileName(source.Path);
        switch (version)
        {
            case 2 or 3:
                return;
            case 1:
                throw new UnsupportedModelException(source.Path, "GGUF version 1",
                    $"{file}: version at byte 4: GGUF version 1 is no longer read. Convert the model again with a current converter.");
            case > 0 when (version & 0xffff) == 0:
                throw new UnsupportedModelException(source.Path, "big-endian GGUF",
                    $"{file}: version at byte 4: the file is byte-swapped (big-endian). Get the little-endian file, or convert it with gguf_convert_endian.py.");
            case > 3 and < 256:
                throw new UnsupportedModelException(source.Path, $"GGUF version {version}",
                    $"{file}: version at byte 4: GGUF version {version} is newer than this version of Cria, which reads 2 and 3. Update Cria.");
            default:
                source.Fail("version", 4, $"there is no GGUF version {version}.");
                return;
        }
    }

    /// <summary>The version field of a file that has one.</summary>
    public static uint Version(GgufSource source) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(source.Start + 4, 4));

    private static string Recognise(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("lmgg"u8) || head.StartsWith("tjgg"u8) || head.StartsWith("fmgg"u8) || head.StartsWith("algg"u8))
            return $"a model in an older format of llama.cpp. {GetGguf}";
        if (head.Length > 8 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) < 1 << 30)
            return $"a safetensors file. {GetGguf}";
        if (head.StartsWith("PK"u8)) return $"a zip archive, perhaps a PyTorch checkpoint. Unpack it, or: {GetGguf}";
        if (head.Length > 1 && head[0] == 0x80 && head[1] is >= 2 and <= 5) return $"a Python pickle, perhaps a PyTorch checkpoint. {GetGguf}";
        if (head.StartsWith("version https://git-lfs"u8))
            return "a Git LFS pointer, which stands for the real file. Fetch that with `git lfs pull`, or download it from the model's page.";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ||
            head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xbc, 0xaf]) || head.StartsWith((ReadOnlySpan<byte>)[0xfd, .. "7zXZ"u8]))
        {
            return "a compressed file. Unpack it first.";
        }

        ReadOnlySpan<byte> text = head.TrimStart((ReadOnlySpan<byte>)[(byte)' ', (byte)'\t', (byte)'\r', (byte)'\n', 0xef, 0xbb, 0xbf]);
        if (text.StartsWith("<"u8)) return "a web page, as servers send when a download is refused. Download it again, signed in if the model asks for that.";
        if (text.StartsWith("{"u8) || text.StartsWith("["u8)) return "a JSON text, such as config.json or a server's error message. Give the .gguf file.";
        if (!head.ContainsAnyExcept((byte)0)) return "a file that starts with zeros, as a download does that did not finish. Download it again.";
        return $"something else. {GetGguf}";
    }
}
