namespace Cria.Text.Chats;

/// <summary>Finds the end of a JSON value in text that comes in pieces, by its brackets and quotes alone.</summary>
internal struct JsonScanner
{
    private int _depth;
    private bool _isInString;
    private bool _isEscaped;
    private bool _isScalar;

    /// <summary>The value has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>How many of these characters belong to the value.</summary>
    public int Scan(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (_isInString)
            {
                if (_isEscaped) _isEscaped = false;
                else if (c == '\\') _isEscaped = true;
                else if (c == '"') _isInString = false;
            }
            else if (_isScalar)
            {
                // A number or a word ends where something else begins.
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                {
                    IsDone = true;
                    return i;
                }

                continue;
            }
            else if (c == '"') _isInString = true;
            else if (c is '{' or '[') _depth++;
            else if (c is '}' or ']') _depth--;
            else if (_depth == 0) _isScalar = true;

            if (_depth > 0 || _isInString || _isScalar) continue;
            IsDone = true;
            return i + 1;
        }

        return text.Length;
    }
}
