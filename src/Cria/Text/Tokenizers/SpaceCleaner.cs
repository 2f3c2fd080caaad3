namespace Cria.Text;

/// <summary>Tidies decoded text as the tokenizers of some models do: spaces before punctuation and English endings go.</summary>
internal static class SpaceCleaner
{
    public static byte[] Clean(ReadOnlySpan<byte> text) => JoinEndings(DropLonelyApostropheSpaces(DropSpacesBeforePunctuation(text)));

    private static byte[] DropSpacesBeforePunctuation(ReadOnlySpan<byte> text)
    {
        var clean = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && text[i - 1] == ' ' && text[i] is (byte)'?' or (byte)'!' or (byte)'.' or (byte)',') RemoveLast(clean);
            clean.Add(text[i]);
        }
        return [.. clean];
    }

    // " ' " becomes "'"; a space goes with one apostrophe only.
    private static byte[] DropLonelyApostropheSpaces(ReadOnlySpan<byte> text)
    {
        var clean = new List<byte>(text.Length);
        int dropped = -1;
        for (int i = 0; i < text.Length; i++)
        {
            byte b = text[i];
            if (b == '\'' && i > 0 && i - 1 != dropped && text[i - 1] == ' ' && i + 1 < text.Length && text[i + 1] == ' ')
            {
                RemoveLast(clean);
                dropped = ++i;
            }
            clean.Add(b);
        }
        return [.. clean];
    }

    // " 's", " 'm", " 're" and " 've" lose their space.
    private static byte[] JoinEndings(ReadOnlySpan<byte> text)
    {
        var clean = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && text[i - 1] == ' ' && text[i] == '\'')
            {
                ReadOnlySpan<byte> ending = text[(i + 1)..];
                bool isJoined = ending.StartsWith("s"u8) || ending.StartsWith("m"u8) || ending.StartsWith("re"u8) || ending.StartsWith("ve"u8);
                if (isJoined) RemoveLast(clean);
            }
            clean.Add(text[i]);
        }
        return [.. clean];
    }

    private static void RemoveLast(List<byte> bytes) => bytes.RemoveAt(bytes.Count - 1);
}
