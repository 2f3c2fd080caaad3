using System.Text.Json;
using Cria.Text.Grammars;

namespace Cria;

/// <summary>What a text must look like: a context-free grammar, a JSON schema or a regular expression.</summary>
/// <remarks>A grammar does not change and may be used by several threads at once.</remarks>
public sealed class Grammar
{
    // After llama.cpp's grammars/json.gbnf, with the numbers that JSON allows.
    private const string JsonGbnf =
        """
        root   ::= value
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
        array  ::= "[" ws (value ("," ws value)*)? "]" ws
        string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\"" ws
        number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]+)? ([eE] [-+]? [0-9]{1,15})? ws
        ws     ::= | " " | "\n" [ \t]{0,20}
        """;

    private static readonly Lazy<Grammar> AnyJson = new(() => FromGbnf(JsonGbnf));

    private Grammar(string gbnf, string root, Automaton automaton)
    {
        Gbnf = gbnf;
        Root = root;
        Automaton = automaton;
    }

    /// <summary>A grammar that accepts every JSON value, written without much white space.</summary>
    public static Grammar Json => AnyJson.Value;

    /// <summary>The grammar in llama.cpp's notation.</summary>
    public string Gbnf { get; }

    /// <summary>The rule that the whole text follows.</summary>
    public string Root { get; }

    internal Automaton Automaton { get; }

    /// <summary>Reads a grammar in llama.cpp's notation.</summary>
    /// <param name="gbnf">The rules, such as <c>root ::= "yes" | "no"</c>.</param>
    /// <param name="root">The rule that the whole text follows.</param>
    /// <exception cref="GrammarException">The text is no grammar; the exception tells line and column.</exception>
    public static Grammar FromGbnf(string gbnf, string root = "root")
    {
        ArgumentNullException.ThrowIfNull(gbnf);
        ArgumentNullException.ThrowIfNull(root);
        return new Grammar(gbnf, root, AutomatonCompiler.Compile(GbnfParser.Parse(gbnf, root)));
    }

    /// <summary>Makes the grammar of the JSON texts that satisfy a schema.</summary>
    /// <param name="schema">The JSON schema.</param>
    /// <param name="options">How the schema is taken.</param>
    /// <exception cref="JsonSchemaException">The schema is ill-formed, or asks for something that a grammar cannot enforce.</exception>
    public static Grammar FromJsonSchema(string schema, JsonSchemaOptions? options = null) =>
        FromGbnf(JsonSchemaGrammar.ToGbnf(schema, options ?? new JsonSchemaOptions()));

    /// <summary>Makes the grammar of the JSON texts that satisfy a schema.</summary>
    /// <param name="schema">The JSON schema.</param>
    /// <param name="options">How the schema is taken.</param>
    /// <exception cref="JsonSchemaException">The schema is ill-formed, or asks for something that a grammar cannot enforce.</exception>
    public static Grammar FromJsonSchema(JsonElement schema, JsonSchemaOptions? options = null) =>
        FromGbnf(JsonSchemaGrammar.ToGbnf(schema, options ?? new JsonSchemaOptions()));

    /// <summary>Makes the grammar of the texts that a regular expression matches as a whole.</summary>
    /// <exception cref="GrammarException">The expression is ill-formed, or asks for something that a grammar cannot do, such as looking around.</exception>
    public static Grammar FromRegex(string pattern) => FromGbnf(RegexGrammar.ToGbnf(pattern));

    /// <summary>Tells whether the grammar accepts a text, and if not, where it fails.</summary>
    public GrammarCheck Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TextCheck(Automaton).Check(text);
    }
}
