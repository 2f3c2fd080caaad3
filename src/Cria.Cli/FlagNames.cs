using System.CommandLine;
using System.Text.RegularExpressions;

namespace Cria.Cli;

/// <summary>Puts the flags of a command into the engine's messages, which name its properties, such as AllowLongerContext.</summary>
internal static partial class FlagNames
{
    public static string Put(string message, ParseResult parsed) => Word().Replace(message, word =>
    {
        Option? option = parsed.CommandResult.Command.Options
            .FirstOrDefault(option => option is IEngineOption known && known.Property == word.Value);
        return option is null ? word.Value : parsed.GetResult(option)?.IdentifierToken?.Value ?? option.Name;
    });

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
