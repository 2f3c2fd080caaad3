using System.Text;
using Cria.Text.Grammars;
using LlamaCpp;

namespace Cria.Conformance.Text.Grammars;

/// <summary>Compares grammars with llama.cpp's own matcher, over every grammar that it publishes.</summary>
public sealed class GbnfParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const int Texts = 12;

    [SkippableFact]
    public void Walks_through_masks_stay_within_llama_cpps_grammars_and_mutants_fail_at_the_same_place()
    {
        IReadOnlyList<string> files = Oracle.SourceFiles("grammars", "*.gbnf");
        Assert.True(files.Count >= 8);
        foreach (string file in files) Compare(Path.GetFileName(file), File.ReadAllText(file));
    }

    [SkippableTheory]
    [InlineData("root ::= \"a\"{2,4} [^b-d]? .\n")]
    [InlineData("root ::= (\"ab\" | \"a\" | [é-ö])* \"!\"\n")]
    [InlineData("root ::= [] x* \nx ::= \"y\" | \"z\" root \"w\"\n")]
    [InlineData("root ::= ((\"a\"?)* | \"b\"{0,3000}) \"語\"?\n")]
    [InlineData("root ::= list\nlist ::= \"[\" (item (\",\" item)*)? \"]\"\nitem ::= list | [0-9]{1,3}\n")]
    public void Grammars_of_every_form_agree(string gbnf) => Compare(gbnf, gbnf);

    [SkippableTheory]
    [InlineData("root ::= \"a")]
    [InlineData("root := \"a\"")]
    [InlineData("root ::= [a-")]
    [InlineData("root ::= (\"a\"")]
    [InlineData("root ::= \"\\q\"")]
    [InlineData("root ::= *")]
    [InlineData("root ::= \"\"+")]
    [InlineData("root ::= \"a\"{0}*")]
    [InlineData("root ::= \"a\"{2001}")]
    [InlineData("root ::= (\"a\"{0,50}){50}")]
    [InlineData("root ::= missing")]
    [InlineData("start ::= \"a\"")]
    [InlineData("root ::= root \"a\" | \"b\"")]
    [InlineData("root ::= \"a\"\n| \"b\"")]
    [InlineData("")]
    public void What_llama_cpp_refuses_is_refused(string gbnf)
    {
        Assert.Throws<LlamaCppException>(() => oracle.Chat.Match(gbnf, "a"));
        Assert.Throws<GrammarException>(() => Grammar.FromGbnf(gbnf));
    }

    private void Compare(string name, string gbnf)
    {
        Grammar grammar = Grammar.FromGbnf(gbnf);
        var random = new Random(name.Length);
        (string Text, bool IsWhole)[] walks = [.. Enumerable.Range(0, Texts).Select(_ => Walk(grammar, random))];
        string[] texts = [.. walks.Select(w => w.Text), .. walks.SelectMany(w => Mutants(w.Text, random))];
        IReadOnlyList<OracleMatch> expected = oracle.Chat.Match(gbnf, texts);
        for (int i = 0; i < texts.Length; i++)
        {
            GrammarCheck check = grammar.Check(texts[i]);
            int prefix = Encoding.UTF8.GetByteCount(texts[i].AsSpan(0, check.Position));
            Assert.True((expected[i].Accepted, expected[i].Prefix) == (check.IsAccepted, prefix),
                $"{name}: '{texts[i]}' is {expected[i]} there, {check} here");
            if (i < walks.Length) Assert.True(check.IsBeginning && (check.IsAccepted || !walks[i].IsWhole), $"{name}: '{texts[i]}'");
        }
    }

    // A text of random bytes that the grammar allows, cut at a character.
    private static (string Text, bool IsWhole) Walk(Grammar grammar, Random random)
    {
        var recognizer = new Recognizer(grammar.Automaton);
        Situation situation = recognizer.Start();
        var bytes = new List<byte>();
        int length = random.Next(1, 80), whole = 0;
        while (true)
        {
            bool isBetweenCharacters = Rune.DecodeLastFromUtf8(bytes.ToArray(), out _, out _) != System.Buffers.OperationStatus.NeedMoreData || bytes.Count == 0;
            if (isBetweenCharacters) whole = bytes.Count;
            if (bytes.Count >= length && isBetweenCharacters) break;
            byte[] next = [.. Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => !recognizer.After(situation, b).IsDead)];
            if (next.Length == 0) break;
            // Mostly ASCII: there are many more bytes beyond.
            byte[] ascii = [.. next.Where(b => b < 0x80)];
            if (ascii.Length > 0 && random.Next(8) > 0) next = ascii;
            byte value = next[random.Next(next.Length)];
            bytes.Add(value);
            situation = recognizer.After(situation, value);
        }
        return (Encoding.UTF8.GetString([.. bytes[..whole]]), situation.IsComplete);
    }

    private static IEnumerable<string> Mutants(string text, Random random)
    {
        string[] additions = ["a", "1", "\"", "{", "]", ",", " ", "\n", "é", "語", "-", "e", "\u007F"];
        for (int i = 0; i < 4; i++)
        {
            int at = random.Next(text.Length + 1), end = Math.Min(text.Length, at + random.Next(3));
            string mutant = text[..at] + additions[random.Next(additions.Length)] + text[end..];
            if (!mutant.Any(char.IsSurrogate)) yield return mutant;
        }
    }
}
