using Cria.Text.Grammars;

namespace Cria;

/// <summary>A grammar as a table: for each rule its alternatives, each a piece of GBNF.</summary>
/// <param name="Root">The rule that describes the whole text.</param>
/// <param name="Rules">The alternatives of each rule.</param>
public sealed record GrammarSpec(string Root, IReadOnlyDictionary<string, IReadOnlyList<string>> Rules)
{
    /// <summary>Writes a line of GBNF for each rule, in the order of the table.</summary>
    public string ToGbnf() => string.Join('\n', Rules.Select(rule => $"{rule.Key} ::= {string.Join(" | ", rule.Value)}"));

    /// <summary>Writes the grammar of the JSON that a schema allows as GBNF.</summary>
    /// <param name="schema">The JSON schema.</param>
    /// <param name="propOrder">Properties that come first in every object that has them, by ascending number; 0 comes before 1.</param>
    /// <exception cref="JsonSchemaException">The schema is ill-formed, or asks for something that a grammar cannot enforce.</exception>
    public static string ConvertJsonSchemaToGrammar(string schema, IReadOnlyDictionary<string, int>? propOrder = null) =>
        JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions
        {
            PropertyOrder = [.. (propOrder ?? new Dictionary<string, int>()).OrderBy(property => property.Value).Select(property => property.Key)],
        });
}
