using LlamaCpp;

namespace Cria.Conformance;

public sealed class AjvValidatorTests(Oracle oracle) : IClassFixture<Oracle>
{
    [SkippableFact]
    public void Tells_valid_documents_from_others_and_says_what_is_wrong()
    {
        const string schema = """
            {
              "type": "object",
              "properties": { "day": { "type": "string", "format": "date" }, "pair": { "prefixItems": [{ "type": "integer" }], "items": false } },
              "required": ["day"]
            }
            """;
        AjvValidator validator = oracle.Validator;
        Assert.True(validator.IsValid(schema, """{ "day": "2024-02-29", "pair": [1], "other": null }"""));
        Assert.False(validator.IsValid(schema, "{}"));
        AjvResult wrong = validator.Validate(schema, """{ "day": "2023-02-29", "pair": [1, 2] }""");
        Assert.False(wrong.Valid);
        Assert.Equal([("/day", "format"), ("/pair", "items")], wrong.Errors.Select(e => (e.Pointer, e.Keyword)).Order());
    }

    [SkippableFact]
    public void Takes_two_schemas_of_one_name_and_those_of_draft_7()
    {
        Assert.True(oracle.Validator.IsValid("""{ "$id": "https://a.test/x", "const": 1 }""", "1"));
        Assert.False(oracle.Validator.IsValid("""{ "$id": "https://a.test/x", "const": 2 }""", "1"));
        Assert.True(oracle.Validator.IsValid("""{ "$schema": "http://json-schema.org/draft-07/schema#", "type": "null" }""", "null"));
    }

    [SkippableFact]
    public void Reports_a_schema_that_is_none_and_lives_on()
    {
        Assert.Contains("type", Assert.Throws<LlamaCppException>(() => oracle.Validator.IsValid("""{ "type": "vague" }""", "1")).Message);
        Assert.True(oracle.Validator.IsValid("true", "1"));
    }
}
