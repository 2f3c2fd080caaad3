using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cria.Testing;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

public sealed partial class JsonTypeSchemaTests
{
    private enum Color
    {
        Red,
        Green = 5,
    }

    [JsonConverter(typeof(JsonStringEnumConverter<Mood>))]
    private enum Mood
    {
        Happy,
        Sad,
    }

    [Fact]
    public void Texts_of_the_grammar_of_a_type_are_read_as_that_type()
    {
        ReadsAll(Metadata.Default.Person, person =>
        {
            Assert.NotNull(person.Name);
            Assert.NotNull(person.Tags);
            Assert.All(person.Tags, Assert.NotNull);
            Assert.All(person.Friends, friend => Assert.NotNull(friend.Name));
            Assert.All(person.Scores.Values, score => Assert.InRange(score, byte.MinValue, byte.MaxValue));
            Assert.True(Enum.IsDefined(person.Color));
            Assert.True(person.Mood is null || Enum.IsDefined(person.Mood.Value));
        });
        ReadsAll(Metadata.Default.Everything, Assert.NotNull);
    }

    [Fact]
    public void Enumerations_are_names_or_numbers_as_the_metadata_says()
    {
        JsonElement properties = JsonTypeSchema.SchemaOf(Metadata.Default.Person).GetProperty("properties");
        Assert.Equal("[0,5]", properties.GetProperty("Color").GetProperty("enum").GetRawText());
        Assert.Equal("[\"Happy\",\"Sad\",null]", properties.GetProperty("Mood").GetProperty("enum").GetRawText());
    }

    [Fact]
    public void Only_properties_with_a_default_value_may_be_left_out_and_only_those_that_can_be_set_are_there()
    {
        JsonElement schema = JsonTypeSchema.SchemaOf(Metadata.Default.Person);
        string[] required = [.. schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!)];
        string[] all = [.. schema.GetProperty("properties").EnumerateObject().Select(property => property.Name)];
        Assert.Equal(["Age"], all.Except(required));
        Assert.DoesNotContain("Initial", all);
    }

    [Fact]
    public void Null_is_only_where_it_may_be()
    {
        string gbnf = JsonSchemaGrammar.ToGbnf(JsonTypeSchema.SchemaOf(Metadata.Default.Person), new JsonSchemaOptions());
        Assert.Contains("\nPartner ::= ", gbnf.Replace("root-", ""));
        Assert.DoesNotContain("\"\\\"Name\\\":\" space \"null\"", gbnf);
        Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammar.ToGbnf(JsonTypeSchema.SchemaOf(Metadata.Default.Endless), new JsonSchemaOptions()));
    }

    private static void ReadsAll<T>(JsonTypeInfo<T> type, Action<T> check)
    {
        var walk = new GbnfWalk(JsonSchemaGrammar.ToGbnf(JsonTypeSchema.SchemaOf(type), new JsonSchemaOptions()));
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            string text = walk.Text(random, random.Next(8, 40));
            try
            {
                check(JsonSerializer.Deserialize(text, type)!);
            }
            catch (JsonException e)
            {
                Assert.Fail($"{e.Message}\n{text}");
            }
        }
    }

    private sealed record Person(string Name, List<string> Tags, Dictionary<string, byte> Scores, Person[] Friends, Person? Partner, Color Color, Mood? Mood, int Age = 3)
    {
        public char Initial => Name[0];
    }

    private sealed class Everything
    {
        public Guid Id { get; set; }
        public DateTime Created { get; set; }
        public DateTimeOffset Updated { get; set; }
        public DateOnly Day { get; set; }
        public TimeOnly Time { get; set; }
        public TimeSpan Span { get; set; }
        public char Letter { get; set; }
        public byte[] Data { get; set; } = [];
        public sbyte Tiny { get; set; }
        public short Small { get; set; }
        public int? Medium { get; set; }
        public long Large { get; set; }
        public ulong Huge { get; set; }
        public decimal Money { get; set; }
        public double Ratio { get; set; }
        public float Part { get; set; }
        public bool Flag { get; set; }
        public JsonElement Anything { get; set; }
        public int[][] Matrix { get; set; } = [];
        public Shape Shape { get; set; } = new Circle(1);
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Box), "box")]
    private abstract record Shape;

    private sealed record Circle(double Radius) : Shape;

    private sealed record Box(int Width, int? Height) : Shape;

    private sealed record Endless(Endless Inner, int Depth);

    [JsonSourceGenerationOptions(RespectNullableAnnotations = true)]
    [JsonSerializable(typeof(Person))]
    [JsonSerializable(typeof(Everything))]
    [JsonSerializable(typeof(Endless))]
    private sealed partial class Metadata : JsonSerializerContext;
}
