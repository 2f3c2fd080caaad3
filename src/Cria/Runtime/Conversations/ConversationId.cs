namespace Cria;

/// <summary>Names a conversation, also in files and across processes.</summary>
/// <param name="Value">The number behind the name.</param>
public readonly record struct ConversationId(Guid Value)
{
    /// <summary>A name that nobody has used; later ones sort after earlier ones.</summary>
    public static ConversationId New() => new(Guid.CreateVersion7());

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is no such name.</exception>
    public static ConversationId Parse(string text) => new(Guid.Parse(text));

    /// <summary>Reads what <see cref="ToString"/> writes, if the text is that.</summary>
    public static bool TryParse(string? text, out ConversationId id)
    {
        bool isId = Guid.TryParse(text, out Guid value);
        id = new ConversationId(value);
        return isId;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
