using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>Asks for a value of a .NET type and reads it from the answer.</summary>
internal static class TypedAnswer
{
    public static ChatRequest Ask(string prompt, JsonTypeInfo type) =>
        new([ChatMessage.User(prompt)])
        {
            ResponseSchema = JsonTypeSchema.SchemaOf(type),
            // Nobody reads this JSON, so that it need not look in any way; weak models lose themselves in white space.
            ResponseSchemaOptions = new JsonSchemaOptions { Whitespace = JsonWhitespace.OneLine },
        };

    /// <exception cref="UnfinishedAnswerException">A limit cut the answer off.</exception>
    /// <exception cref="ChatException">The type's own converter refuses the answer.</exception>
    public static T Read<T>(ChatResult answer, JsonTypeInfo<T> type)
    {
        string json = answer.Message.Content ?? "";
        if (answer.FinishReason != FinishReason.EndOfText) throw new UnfinishedAnswerException(answer.FinishReason, json);
        try
        {
            // The grammar makes JSON of the schema; null is a value only where the schema says so.
            return JsonSerializer.Deserialize(json, type)!;
        }
        catch (JsonException exception)
        {
            // A converter of the type's own may want more than its schema tells.
            throw new ChatException("The answer", $"is JSON, but {typeof(T).Name} cannot be read from it: {exception.Message}", exception);
        }
    }
}
