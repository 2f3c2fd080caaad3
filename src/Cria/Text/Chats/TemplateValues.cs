using System.Text.Json;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>Makes the values that templates read.</summary>
internal static class TemplateValues
{
    public static MapValue Map(params ReadOnlySpan<(string Key, TemplateValue Value)> entries)
    {
        var map = new MapValue();
        foreach ((string key, TemplateValue value) in entries) map.Set(key, value);
        return map;
    }

    /// <summary>A text from outside.</summary>
    public static StringValue Input(string text) => StringValue.From(text, isInput: true);

    /// <summary>JSON from outside.</summary>
    public static TemplateValue Input(JsonElement json) => TemplateValue.FromJson(json, isInput: true);
}
