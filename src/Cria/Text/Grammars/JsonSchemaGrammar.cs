// STUB until the schema part is merged: delete this file then.
using System.Text.Json;

namespace Cria
{
    /// <summary>Stub.</summary>
    public sealed record JsonSchemaOptions;
}

namespace Cria.Text.Grammars
{
    internal static class JsonSchemaGrammar
    {
        public static string ToGbnf(JsonElement schema, JsonSchemaOptions options) => $$"""
            root ::= {{(schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out JsonElement type) && type.ValueEquals("object") ? "object" : "value")}}
            value ::= object | array | string | number | "true" | "false" | "null"
            object ::= "{" ws ( string ":" ws value ( "," ws string ":" ws value )* )? ws "}"
            array ::= "[" ws ( value ( "," ws value )* )? ws "]"
            string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} ) )* "\""
            number ::= "-"? [0-9]{1,15} ( "." [0-9]{1,15} )?
            ws ::= [ \n]{0,20}
            """;
    }
}
