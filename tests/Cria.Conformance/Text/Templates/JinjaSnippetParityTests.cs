using System.Text.RegularExpressions;
using Cria.Testing;

namespace Cria.Conformance.Text.Templates;

/// <summary>Each line of JinjaSnippets.txt renders, or is refused, as llama.cpp renders or refuses it.</summary>
public sealed partial class JinjaSnippetParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const string Variables = """
        { "n": 5, "f": 2.5, "s": "hello", "l": [1, 2, 3, 4], "m": { "a": 1, "b": "two", "sub": { "x": "y" } },
          "messages": [{ "role": "system", "content": "sys" }, { "role": "user", "content": "hi <b>" }, { "role": "assistant", "content": "" }],
          "data": { "z": [1, 2.5, "q'uote", null, true, { "é": "世\"界" }], "a": "line\nbreak", "e": {}, "n": -3, "big": 12345678901234, "fl": 1e-7 } }
        """;

    [SkippableFact]
    public void Renders_snippets_as_llama_cpp_does()
    {
        string file = Path.Combine(Repository.Root, "tests/Cria.Conformance/Text/Templates/JinjaSnippets.txt");
        string[] snippets = [.. File.ReadLines(file).Where(line => line.Length > 0 && !line.StartsWith("# ", StringComparison.Ordinal))];
        Assert.True(snippets.Length > 200);
        string[] differences =
        [
            .. from line in snippets
               let difference = JinjaParity.Difference(oracle.Chat, Unescaped(line), Variables)
               where difference is not null
               select $"{line}\n{difference}",
        ];
        Assert.Empty(differences);
    }

    // Escapes inside tags are the template's own.
    private static string Unescaped(string line) => OutsideTags().Replace(
        line, text => text.Value.Replace("\\n", "\n").Replace("\\t", "\t").Replace("\\r", "\r"));

    [GeneratedRegex(@"(?<=^|\}\}|%\}|#\})(?:(?!\{\{|\{%|\{#).)+")]
    private static partial Regex OutsideTags();
}
