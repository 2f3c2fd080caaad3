using System.Text;
using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>JSON schemas as GBNF: the grammar of the JSON texts that satisfy a schema, and of no others.</summary>
/// <remarks>
/// A schema is read into cases (<see cref="SchemaReader"/>), what a case leaves is written as rules (<see cref="SchemaWriter"/>). What a
/// grammar cannot enforce is an error that names the keyword, unless it holds anyway.
/// </remarks>
internal static class JsonSchemaGrammar
{
    private const int DeepestNesting = 200;

    /// <summary>The grammar of a schema given as text.</summary>
    public static string ToGbnf(string schema, JsonSchemaOptions options)
    {
        ArgumentNullException.ThrowIfNull(schema);
        using JsonDocument document = Parse(schema);
        return ToGbnf(document.RootElement, options);
    }

    /// <summary>The grammar of a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="options">How it is taken.</param>
    /// <param name="root">The rule for the whole; the names of all others begin with it unless it is "root", so that several grammars can be joined.</param>
    public static string ToGbnf(JsonElement schema, JsonSchemaOptions options, string root = "root")
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var document = new SchemaDocument(schema);
            var reader = new SchemaReader(document);
            SchemaGoal goal = SchemaGoal.Schema(document.Root);
            if (!reader.Satisfiable(goal, options.AllowUnstated)) throw document.Root.Refuse("no value satisfies this schema");
            return new SchemaWriter(reader, options, new GrammarRules(root)).WriteRoot(goal);
        }
        catch (Exception e) when (e is GrammarTooLargeException or RegexTooLargeException)
        {
            throw new JsonSchemaException("", "its grammar would be too large; use smaller limits, simpler patterns or fewer alternatives");
        }
    }

    private static JsonDocument Parse(string schema)
    {
        try
        {
            return JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = DeepestNesting });
        }
        catch (JsonException e)
        {
            int line = (int)(e.LineNumber ?? 0);
            byte[] text = Encoding.UTF8.GetBytes(schema.Split('\n')[line]);
            int column = Encoding.UTF8.GetCharCount(text, 0, (int)Math.Min(e.BytePositionInLine ?? 0, text.Length));
            throw new JsonSchemaException(line + 1, column + 1, WithoutPosition(e.Message));
        }
    }

    // The position is given in other words.
    private static string WithoutPosition(string message)
    {
        int end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
