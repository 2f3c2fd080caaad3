using System.Text;

namespace Cria.Text;

/// <summary>Turns tokens into text one by one, holding back the bytes of a character until all of them have come.</summary>
/// <remarks>All that it returns, taken together, is what decoding all the bytes at once gives. It is not safe for several threads.</remarks>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _special;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    internal StreamingDecoder(Tokenizer tokenizer, bool special)
    {
        _tokenizer = tokenizer;
        _special = special;
    }

    /// <summary>Adds a token and returns the characters that are complete now: none, one or many.</summary>
    public string Append(int token) => Decode(_tokenizer.PieceBytes(token, _special), flush: false);

    /// <summary>Returns what an unfinished character at the end comes to, and starts afresh.</summary>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        int count = _decoder.GetCharCount(bytes, flush);
        Span<char> characters = count <= 256 ? stackalloc char[count] : new char[count];
        _decoder.GetChars(bytes, characters, flush);
        return new string(characters);
    }
}
