using System.Text.Json;
using System.Text.Json.Nodes;
using Cria.Testing;
using Cria.Text.Grammars;
using LlamaCpp;

namespace Cria.Conformance.Text.Grammars;

/// <summary>
/// The grammar of a schema accepts what the schema allows and nothing else. Ajv is the judge of values; llama.cpp's matcher and
/// Cria's own must both find the grammar to be of the same mind.
/// </summary>
public sealed class JsonSchemaPropertyTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const int RandomSchemas = 250;

    public static TheoryData<string> Names => [.. SampleSchemas.All.Keys];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void The_grammar_of_a_published_kind_of_schema_is_exact(string name)
    {
        Assert.True(Judge(SampleSchemas.All[name], new Random(name.Length), rounds: 25) > 0, "No random value was valid.");
    }

    [SkippableFact]
    public void The_grammars_of_random_schemas_are_exact()
    {
        int valid = 0, schemas = 0;
        for (int seed = 0; schemas < RandomSchemas; seed++)
        {
            var random = new Random(seed);
            string schema = new RandomSchema(random).Make().ToJsonString();
            try
            {
                valid += Judge(schema, random, rounds: 8);
                schemas++;
            }
            catch (JsonSchemaException e) when (e.Message.Contains("no value satisfies") || e.Message.Contains("cannot be enforced") || e.Message.Contains("no grammar can tell")
                || e.Message.Contains("refers to itself"))
            {
                // Random schemas contradict themselves now and then.
                Assert.True(seed - schemas < RandomSchemas / 4, "Too few random schemas make sense.");
            }
        }
        Assert.True(valid > RandomSchemas, $"Only {valid} of the random values were valid.");
    }

    // Returns how many of the random values were valid.
    private int Judge(string schema, Random random, int rounds)
    {
        string gbnf = JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions());
        var walk = new GbnfWalk(gbnf);
        using JsonDocument document = JsonDocument.Parse(schema);
        var instances = new RandomInstance(document.RootElement, random);
        var texts = new List<(string Text, bool IsValid)>();
        for (int i = 0; i < rounds; i++)
        {
            string walked = walk.Text(random, random.Next(4, 40));
            AjvResult result = oracle.Validator.Validate(schema, walked);
            Assert.True(result.Valid, $"{schema}\nmakes\n{walked}\nin which Ajv says: {string.Join("; ", result.Errors)}\n{gbnf}");
            texts.Add((walked, true));

            JsonNode? value = instances.Make(document.RootElement);
            string text = RandomInstance.Write(value, isIndented: i % 2 == 1);
            bool isValid = oracle.Validator.IsValid(schema, text);
            if (isValid) texts.Add((text, true));
            string mutant = RandomInstance.Write(instances.Mutate(value), isIndented: i % 2 == 1);
            if (!oracle.Validator.IsValid(schema, mutant)) texts.Add((mutant, false));
        }
        Grammar grammar = Grammar.FromJsonSchema(schema);
        IReadOnlyList<OracleMatch> matches = oracle.Chat.Match(gbnf, texts.Select(text => text.Text));
        foreach (((string text, bool isValid), OracleMatch match) in texts.Zip(matches))
        {
            Assert.True(match.Accepted == isValid, $"{schema}\n{(isValid ? "allows" : "forbids")}\n{text}\nbut the grammar does not, at byte {match.Prefix}\n{gbnf}");
            Assert.True(grammar.Check(text).IsAccepted == isValid, $"llama.cpp and Cria disagree whether\n{gbnf}\naccepts\n{text}");
        }
        return texts.Count(text => text.IsValid) - rounds;
    }
}
