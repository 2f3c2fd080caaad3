namespace Cria.Text;

/// <summary>What a token is for; a token may be several things at once.</summary>
[Flags]
public enum TokenAttributes
{
    /// <summary>The file does not say.</summary>
    None = 0,

    /// <summary>Stands for what the vocabulary cannot express.</summary>
    Unknown = 1,

    /// <summary>Reserved, and never used in text.</summary>
    Unused = 2,

    /// <summary>A piece of text.</summary>
    Normal = 4,

    /// <summary>Steers the model and is no text, such as the beginning of a turn.</summary>
    Control = 8,

    /// <summary>Text that is always one token, wherever it occurs.</summary>
    UserDefined = 16,

    /// <summary>A single byte, for characters that have no token.</summary>
    Byte = 32,

    /// <summary>Swallows the white space before it.</summary>
    StripsLeft = 64,

    /// <summary>Swallows the white space after it.</summary>
    StripsRight = 128,
}
