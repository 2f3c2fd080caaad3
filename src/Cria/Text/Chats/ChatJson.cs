using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>A JSON value that knows its place, so that whatever is wrong with it can be named.</summary>
internal readonly record struct ChatJson(JsonElement Value, string Place)
{
    public bool IsNull => Value.ValueKind == JsonValueKind.Null;

    public static ChatJson Parse(string json, string place)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new ChatJson(document.RootElement.Clone(), place);
        }
        catch (JsonException exception)
        {
            throw new ChatException(place,
                $"must be JSON, but line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1} is not: {Reason(exception)}", exception);
        }
    }

    /// <summary>A member that must be there.</summary>
    public ChatJson this[string name] =>
        Find(name) ?? throw new ChatException($"{Place}.{name}", "is missing.");

    /// <summary>A member, or null where it is missing.</summary>
    public ChatJson? Find(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong("an object");
        return Value.TryGetProperty(name, out JsonElement member) ? new ChatJson(member, $"{Place}.{name}") : null;
    }

    /// <summary>The text of a member; null where it is missing or null.</summary>
    public string? FindText(string name) => Find(name) is { IsNull: false } member ? member.Text() : null;

    public IEnumerable<ChatJson> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array) throw Wrong("an array");
        string place = Place;
        return Value.EnumerateArray().Select((item, index) => new ChatJson(item, $"{place}[{index}]"));
    }

    public string Text()
    {
        if (Value.ValueKind != JsonValueKind.String) throw Wrong("a string");
        return Decoded(value => value.GetString()!);
    }

    /// <summary>The value as JSON text without spaces.</summary>
    public string Compact() => Decoded(CompactJson.Write);

    // JSON can spell half a surrogate pair, which text cannot hold.
    private string Decoded(Func<JsonElement, string> read)
    {
        try
        {
            return read(Value);
        }
        catch (InvalidOperationException exception)
        {
            throw new ChatException(Place, "holds half a character (a lone \\u surrogate), which is no text. Remove it.", exception);
        }
    }

    public ChatException Wrong(string expected)
    {
        string found = Value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "a truth value",
        };
        return new ChatException(Place, $"must be {expected}, but is {found}.");
    }

    // .NET ends the reason with the position, which is told already.
    private static string Reason(JsonException exception)
    {
        int end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? exception.Message : exception.Message[..end];
    }
}
