using System.Globalization;
using System.Security.Cryptography;

namespace Cria.Text.Chats;

/// <summary>How the ids of tool calls look that a model's template takes back.</summary>
internal enum ToolCallIdForm
{
    /// <summary><c>call_</c> and 24 letters and digits.</summary>
    Random,

    /// <summary>Nine letters and digits, which the templates of Mistral insist on.</summary>
    Mistral,

    /// <summary><c>functions.NAME:NUMBER</c>, which Kimi speaks in.</summary>
    FunctionAndNumber,
}

/// <summary>Makes the ids of tool calls where the model gives none.</summary>
internal static class ToolCallIds
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Create(ToolCallIdForm form, string name, int number) => form switch
    {
        ToolCallIdForm.Mistral => RandomNumberGenerator.GetString(Alphabet, 9),
        ToolCallIdForm.FunctionAndNumber => string.Create(CultureInfo.InvariantCulture, $"functions.{name}:{number}"),
        _ => "call_" + RandomNumberGenerator.GetString(Alphabet, 24),
    };
}
