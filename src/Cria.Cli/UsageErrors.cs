using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Cria.Cli;

/// <summary>Puts what the parser did not understand into one sentence with the next thing to try.</summary>
internal static class UsageErrors
{
    /// <summary>What is wrong with the command line, or null if nothing is.</summary>
    public static UsageException? Find(ParseResult parsed)
    {
        if (parsed.Action is HelpWithExamples) return null;
        string? problem = FindMistypedOption(parsed) ?? FindModelWithoutFlag(parsed);
        if (problem is null && parsed.Action is ParseErrorAction)
        {
            problem = parsed.UnmatchedTokens.Count > 0
                ? DescribeUnknown(parsed.UnmatchedTokens[0], parsed.CommandResult.Command)
                : parsed.Errors[0].Message;
        }

        return problem is null ? null : new UsageException($"{problem} See '{Path(parsed.CommandResult)} --help'.");
    }

    /// <summary>Finds a mistyped option that an argument for free text has swallowed.</summary>
    private static string? FindMistypedOption(ParseResult parsed)
    {
        Token[] arguments = [.. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)];
        Token? mistyped = parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => LooksLikeOption(token.Value) && arguments.Any(argument => ReferenceEquals(argument, token)));
        return mistyped is null
            ? null
            : $"{DescribeUnknown(mistyped.Value, parsed.CommandResult.Command)} Text that begins with a dash goes after '--'.";
    }

    /// <summary>Finds a model that is given where a text belongs.</summary>
    private static string? FindModelWithoutFlag(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (command.Options.All(option => option.Name != "--model")) return null;
        string? model = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .Where(argument => argument.Argument.Name != "file")
            .SelectMany(argument => argument.Tokens.Select(token => token.Value))
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(value => value.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !value.Contains(' '));
        return model is null ? null : $"'{model}' looks like a model, which is named with -m: '-m {model}'.";
    }

    private static bool LooksLikeOption(string value) =>
        value.Length > 1 && value[0] == '-' && char.IsAsciiLetter(value.TrimStart('-').FirstOrDefault()) && !value.Contains(' ');

    private static string DescribeUnknown(string value, Command command)
    {
        if (!LooksLikeOption(value))
        {
            if (command.Subcommands.Count == 0)
                return $"'{value}' is one argument too many: options need their names, and text with spaces needs quotes.";
            return $"There is no command '{value}'.{DidYouMean(value, command.Subcommands.Select(known => known.Name))}";
        }

        IEnumerable<Option> options = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options));
        string name = value.Split('=')[0];
        return $"There is no option '{name}'.{DidYouMean(name, options.SelectMany(option => option.Aliases.Prepend(option.Name)))}";
    }

    private static string DidYouMean(string value, IEnumerable<string> known) =>
        Similarity.Nearest(value, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static string Path(CommandResult result) => result.Command is RootCommand ? "cria" : $"cria {result.Command.Name}";
}
