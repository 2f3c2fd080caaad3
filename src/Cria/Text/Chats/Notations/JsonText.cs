using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>Makes JSON text of values that a model writes in other ways.</summary>
internal static class JsonText
{
    /// <summary>A text as it stands inside a JSON string.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            escaped = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append(@"\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                < ' ' => escaped.Append($"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    public static string Quote(string text) => $"\"{Escape(text)}\"";

    /// <summary>What a value was meant to be: JSON of an allowed kind if it can be read so, else a text.</summary>
    public static string Value(string written, JsonKinds allowed)
    {
        string trimmed = written.Trim();
        if (IsJson(trimmed, allowed)) return trimmed;
        // Models that saw much Python write its words and quotes.
        string translated = PythonText.ToJson(trimmed);
        return translated != trimmed && IsJson(translated, allowed) ? translated : Quote(written);
    }

    // Where texts are allowed, quotes belong to the text; where they are not, any JSON is nearer to what was meant than a text.
    private static bool IsJson(string text, JsonKinds allowed)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonKinds kind = ToolParameters.KindOf(document.RootElement);
            return !allowed.HasFlag(JsonKinds.String) || (kind != JsonKinds.String && allowed.HasFlag(kind));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
