namespace Cria.Text;

/// <summary>The <c>▁</c> that SentencePiece writes for a space.</summary>
internal static class SpaceEscape
{
    public static ReadOnlySpan<byte> Mark => "▁"u8;

    /// <summary>Replaces every space, after adding one in front if asked to.</summary>
    public static byte[] Escape(ReadOnlySpan<byte> text, bool prefix = false)
    {
        var escaped = new byte[text.Length + 2 * text.Count((byte)' ') + (prefix ? Mark.Length : 0)];
        int length = 0;
        if (prefix) Append(Mark, escaped, ref length);
        while (text.IndexOf((byte)' ') is var space and >= 0)
        {
            Append(text[..space], escaped, ref length);
            Append(Mark, escaped, ref length);
            text = text[(space + 1)..];
        }
        text.CopyTo(escaped.AsSpan(length));
        return escaped;
    }

    /// <summary>Puts the spaces back.</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var plain = new byte[text.Length];
        int length = 0;
        while (text.IndexOf(Mark) is var mark and >= 0)
        {
            Append(text[..mark], plain, ref length);
            plain[length++] = (byte)' ';
            text = text[(mark + Mark.Length)..];
        }
        Append(text, plain, ref length);
        return plain[..length];
    }

    private static void Append(ReadOnlySpan<byte> text, byte[] to, ref int length)
    {
        text.CopyTo(to.AsSpan(length));
        length += text.Length;
    }
}
