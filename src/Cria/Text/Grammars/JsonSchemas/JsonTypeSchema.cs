using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Cria.Text.Grammars;

/// <summary>The JSON schema of a C# type: of the JSON from which a complete value of the type can be read.</summary>
internal static class JsonTypeSchema
{
    private const string TimeOfDay = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,7})?";

    private static readonly JsonSchemaExporterOptions Options = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };

    /// <summary>
    /// The schema of a type, from its serialization metadata. Properties must be there, unless they have a default value, because what
    /// is left out would be null; numbers fit their types, and enumerations are names or numbers, as the metadata says.
    /// </summary>
    public static JsonElement SchemaOf(JsonTypeInfo type)
    {
        ArgumentNullException.ThrowIfNull(type);
        using JsonDocument document = JsonDocument.Parse(type.GetJsonSchemaAsNode(Options).ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema) return node;
        if (schema["properties"] is JsonObject properties) CompleteProperties(schema, properties, context.TypeInfo);
        LimitValues(schema, Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type);
        return schema;
    }

    // A property that cannot be set is only written, never read.
    private static void CompleteProperties(JsonObject schema, JsonObject properties, JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Set is null && property.AssociatedParameter is null) properties.Remove(property.Name);
        }
        var required = new JsonArray();
        foreach ((string name, JsonNode? value) in properties)
        {
            if (value is not JsonObject { } definition || !definition.ContainsKey("default")) required.Add((JsonNode)name);
        }
        schema.Remove("required");
        if (required.Count > 0) schema["required"] = required;
    }

    private static void LimitValues(JsonObject schema, Type type)
    {
        if (type.IsEnum) LimitEnum(schema, type);
        else if (type == typeof(byte[]) || type == typeof(Memory<byte>) || type == typeof(ReadOnlyMemory<byte>)) schema["format"] = "byte";
        else if (type == typeof(char)) schema["pattern"] = "^[\\u0000-\\uFFFF]$";
        else if (type == typeof(TimeOnly)) LimitTime(schema);
        else if (type == typeof(TimeSpan)) schema["pattern"] = $"^-?(?:[0-9]{{1,7}}[.])?{TimeOfDay}$";
        else if (RangeOf(type) is var (min, max) && !IsText(schema)) (schema["minimum"], schema["maximum"]) = (min, max);
    }

    private static bool IsText(JsonObject schema) => schema.ContainsKey("pattern") || schema["type"] is JsonValue type && type.GetValue<string>() == "string";

    // A time of day has no time zone, other than the format that goes by this name.
    private static void LimitTime(JsonObject schema)
    {
        schema.Remove("format");
        schema["pattern"] = $"^{TimeOfDay}$";
    }

    // Where names are written they are listed already.
    private static void LimitEnum(JsonObject schema, Type type)
    {
        if (schema.ContainsKey("enum") || IsText(schema) || type.IsDefined(typeof(FlagsAttribute), inherit: false)) return;
        var values = new JsonArray();
        foreach (object value in Enum.GetValuesAsUnderlyingType(type)) values.Add(JsonNode.Parse(FormattableString.Invariant($"{value}")));
        if (schema["type"] is JsonArray types && types.Any(name => name?.GetValue<string>() == "null")) values.Add(null);
        schema["enum"] = values;
    }

    private static (JsonNode Min, JsonNode Max)? RangeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => (sbyte.MinValue, sbyte.MaxValue),
        TypeCode.Byte => (byte.MinValue, byte.MaxValue),
        TypeCode.Int16 => (short.MinValue, short.MaxValue),
        TypeCode.UInt16 => (ushort.MinValue, ushort.MaxValue),
        TypeCode.Int32 => (int.MinValue, int.MaxValue),
        TypeCode.UInt32 => (uint.MinValue, uint.MaxValue),
        TypeCode.Int64 => (long.MinValue, long.MaxValue),
        TypeCode.UInt64 => (ulong.MinValue, ulong.MaxValue),
        TypeCode.Decimal => (decimal.MinValue, decimal.MaxValue),
        _ => null,
    };
}
