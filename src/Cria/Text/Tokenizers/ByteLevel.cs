namespace Cria.Text;

/// <summary>The disguise of bytes as printable characters in which GPT-2 and its many relatives write their tokens.</summary>
internal static class ByteLevel
{
    private static readonly int[] CharacterOfByte = new int[256];
    private static readonly Dictionary<int, byte> ByteOfCharacter = [];

    static ByteLevel()
    {
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool isPrintable = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            CharacterOfByte[b] = isPrintable ? b : next++;
            ByteOfCharacter.Add(CharacterOfByte[b], (byte)b);
        }
    }

    /// <summary>Writes the character that stands for a byte and returns its length, 1 or 2.</summary>
    public static int Encode(byte value, Span<byte> utf8) => CodePoint.Encode(CharacterOfByte[value], utf8);

    /// <summary>The bytes that a token's text stands for; a character that stands for none is kept as it is.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var bytes = new List<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        while (!text.IsEmpty)
        {
            int character = CodePoint.Decode(text, out int length);
            if (ByteOfCharacter.TryGetValue(character, out byte value)) bytes.Add(value);
            else bytes.AddRange(utf8[..CodePoint.Encode(character, utf8)]);
            text = text[length..];
        }
        return [.. bytes];
    }
}
