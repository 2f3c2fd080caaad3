using System.Text;
using System.Text.Json;
using Cria.Text.Templates;
using LlamaCpp;

namespace Cria.Conformance.Text.Templates;

/// <summary>Renders with Cria and with llama.cpp, and tells where they differ.</summary>
internal static class JinjaParity
{
    private static readonly DateTimeOffset Now = new(2025, 3, 4, 15, 6, 7, TimeSpan.Zero);

    // What llama.cpp has not got is no difference: the operators in and not in between two lists.
    private static readonly string[] Lacking = ["Unknown operator \"in\" between", "Unknown operator \"not in\" between"];

    /// <summary>The difference in words, or null: another text, an error on one side only, or a range of input that was lost.</summary>
    public static string? Difference(ChatOracle oracle, string template, string variables)
    {
        RenderedText? ours = null;
        string? ourError = null;
        try
        {
            ours = Render(template, variables);
        }
        catch (TemplateException e)
        {
            ourError = e.Message;
        }
        OracleRendering theirs;
        try
        {
            theirs = oracle.Render(template, variables, now: Now);
        }
        catch (LlamaCppException e)
        {
            bool lacks = Array.Exists(Lacking, operation => e.Message.Contains(operation, StringComparison.Ordinal));
            return ours is null || lacks ? null : $"llama.cpp refuses: {e.Message.Trim()}\nCria renders {ours.Text}";
        }
        if (ours is null) return $"Cria refuses: {ourError}\nllama.cpp renders {theirs.Text}";
        if (ours.Text != theirs.Text) return $"Cria:      {Visible(ours.Text)}\nllama.cpp: {Visible(theirs.Text)}";
        return LostInput(ours, theirs);
    }

    public static RenderedText Render(string template, string variables)
    {
        using JsonDocument json = JsonDocument.Parse(variables);
        Dictionary<string, TemplateValue> values = json.RootElement.EnumerateObject()
            .ToDictionary(property => property.Name, property => TemplateValue.FromJson(property.Value, isInput: true));
        return Template.Parse(template).Render(values, clock: new StoppedClock());
    }

    // Cria keeps more than llama.cpp, which forgets the origin of what goes through join, tojson, replace or split.
    private static string? LostInput(RenderedText ours, OracleRendering theirs)
    {
        var isOurs = new bool[ours.Text.Length];
        foreach (Range range in ours.Input) Array.Fill(isOurs, true, range.Start.Value, range.End.Value - range.Start.Value);
        int at = 0;
        foreach (OraclePart part in theirs.Parts)
        {
            if (part.IsInput && isOurs.AsSpan(at, part.Text.Length).Contains(false)) return $"The input {Visible(part.Text)} is not marked.";
            at += part.Text.Length;
        }
        return null;
    }

    private static string Visible(string text) => new StringBuilder(text).Replace("\n", "↵").Replace("\t", "→").ToString();

    private sealed class StoppedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
