using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cria.LlamaRn;

/// <summary>JSON in llama.rn's names, both ways.</summary>
internal static class LlamaJson
{
    /// <summary>What llama.rn writes in snake case: parameters and what its native side returns.</summary>
    public static SnakeCaseJson Snake { get; } = new(Readable(SnakeCaseJson.Default.Options));

    /// <summary>What llama.rn writes in camel case: what its JavaScript side makes.</summary>
    public static CamelCaseJson Camel { get; } = new(Readable(CamelCaseJson.Default.Options));

    public static string Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    /// <summary>Reads an object; whatever is wrong with it is told with the name of the field.</summary>
    public static T Read<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw LlamaException.Invalid("", "The parameters are null, but must be a JSON object.");
        }
        catch (JsonException error)
        {
            throw Explain(error, type);
        }
        catch (ChatException error)
        {
            throw LlamaErrors.ConvertError(error);
        }
    }

    // Text in languages other than English stays readable; the JSON is for no web page.
    private static JsonSerializerOptions Readable(JsonSerializerOptions options) => new(options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static LlamaException Explain(JsonException error, JsonTypeInfo type)
    {
        string field = error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "";
        // An exception behind it of the same kind is the reader's, which could not go on.
        if (field.Length == 0 || error.InnerException is JsonException) return LlamaException.Invalid("", $"The parameters are no JSON object: {error.Message}", error);
        Type? expected = type.Properties.FirstOrDefault(property => property.Name == field)?.PropertyType;
        string problem = expected is null ? $"is not as it must be: {error.Message}" : $"must be {Words(expected)}.";
        return LlamaException.Invalid(field, $"{field} {problem}", error);
    }

    private static string Words(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var number when number == typeof(int) || number == typeof(long) => "a whole number",
        var real when real == typeof(float) => "a number",
        var flag when flag == typeof(bool) => "true or false",
        var text when text == typeof(string) => "a string",
        var choice when choice == typeof(ToolChoice) => "\"auto\", \"none\", \"required\" or the name of a tool",
        var list when typeof(IEnumerable).IsAssignableFrom(list) && !typeof(IDictionary).IsAssignableFrom(list) => "an array",
        _ => "an object",
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContextParams))]
[JsonSerializable(typeof(CompletionParams))]
[JsonSerializable(typeof(EmbeddingParams))]
[JsonSerializable(typeof(ParallelParams))]
[JsonSerializable(typeof(LlamaError))]
[JsonSerializable(typeof(CompletionResult))]
[JsonSerializable(typeof(TokenData))]
[JsonSerializable(typeof(TokenizeResult))]
[JsonSerializable(typeof(EmbeddingResult))]
[JsonSerializable(typeof(RerankResult))]
[JsonSerializable(typeof(SessionLoadResult))]
[JsonSerializable(typeof(FormattedChatResult))]
[JsonSerializable(typeof(ParallelStatus))]
[JsonSerializable(typeof(IReadOnlyList<LoraAdapterParams>))]
internal sealed partial class SnakeCaseJson : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContextDescription))]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(GenerateParams))]
[JsonSerializable(typeof(GenerateResponse))]
internal sealed partial class CamelCaseJson : JsonSerializerContext;
