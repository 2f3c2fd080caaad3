using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>Asks for a value of a .NET type and reads it from the answer.</summary>
internal static class TypedAnswer
{
    public static ChatRequest Ask(string prompt, JsonTypeInfo type) =>
        new([ChatMessage.User(prompt)]) { ResponseSchema = JsonTypeSchema.SchemaOf(type) };

    /// <exception cref="UnfinishedAnswerException">A limit cut the answer off.</exception>
    public static T Read<T>(ChatResult answer, JsonTypeInfo<T> type)
    {
        string json = answer.Message.Content ?? "";
        if (answer.FinishReason != FinishReason.EndOfText) throw new UnfinishedAnswerException(answer.FinishReason, json);
        // The grammar makes JSON of the schema; null is a value only where the schema says so.
        return JsonSerializer.Deserialize(json, type)!;
    }
}
