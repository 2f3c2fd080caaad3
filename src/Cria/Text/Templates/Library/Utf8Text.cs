using System.Text;

namespace Cria.Text.Templates.Library;

/// <summary>Texts counted in the bytes of their UTF-8, which is how llama.cpp counts them.</summary>
internal static class Utf8Text
{
    /// <summary>The character at a place counted in bytes, or null; what is but a part of a character becomes U+FFFD.</summary>
    public static StringValue? ByteAt(Evaluation evaluation, StringValue text, long place)
    {
        if (place < 0 || place >= text.Utf8Length) return null;
        evaluation.ChargeText(0, text.IsAscii ? 1 : text.Text.Length);
        if (text.IsAscii) return text.Substring(evaluation, (int)place, 1);
        byte single = Encoding.UTF8.GetBytes(text.Text)[place];
        return new StringValue(single < 0x80 ? ((char)single).ToString() : "\uFFFD");
    }

    /// <summary>The characters at the places that are chosen for a text of so many bytes.</summary>
    public static StringValue Slice(Evaluation evaluation, StringValue text, Func<int, IEnumerable<int>> places, long step)
    {
        var slice = new TextBuilder(evaluation);
        if (text.IsAscii)
        {
            AppendPlaces(slice, text, places(text.Text.Length), step);
            return slice.ToValue();
        }

        // Bytes are characters of one byte in a text of their own; it takes the origin of each byte's character along.
        var bytes = new TextBuilder(evaluation);
        Span<byte> buffer = stackalloc byte[4];
        for (int i = 0; i < text.Text.Length;)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(i), out Rune rune, out int units);
            int count = rune.EncodeToUtf8(buffer);
            for (int k = 0; k < count; k++) bytes.AppendFor(text, i, [(char)buffer[k]]);
            i += units;
        }
        StringValue all = bytes.ToValue();
        AppendPlaces(slice, all, places(all.Text.Length), step);
        return Decoded(evaluation, slice.ToValue());
    }

    private static void AppendPlaces(TextBuilder slice, StringValue text, IEnumerable<int> places, long step)
    {
        if (step != 1)
        {
            foreach (int place in places) slice.Append(text, place, 1);
            return;
        }
        (int first, int count) = (-1, 0);
        foreach (int place in places)
        {
            if (count++ == 0) first = place;
        }
        if (count > 0) slice.Append(text, first, count);
    }

    private static StringValue Decoded(Evaluation evaluation, StringValue bytes)
    {
        byte[] utf8 = Encoding.Latin1.GetBytes(bytes.Text);
        var text = new TextBuilder(evaluation);
        Span<char> units = stackalloc char[2];
        for (int i = 0; i < utf8.Length;)
        {
            Rune.DecodeFromUtf8(utf8.AsSpan(i), out Rune rune, out int count);
            text.AppendFor(bytes, i, units[..rune.EncodeToUtf16(units)]);
            i += count;
        }
        return text.ToValue();
    }
}
