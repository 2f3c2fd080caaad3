using System.CommandLine;
using System.CommandLine.Parsing;

namespace Cria.Cli;

/// <summary>An option that sets a property of the engine, so that the engine's complaints can name the flag.</summary>
internal interface IEngineOption
{
    string Property { get; }
}

/// <inheritdoc cref="IEngineOption"/>
internal sealed class EngineOption<T>(string property, params string[] names) : Option<T>(names[0], names[1..]), IEngineOption
{
    public string Property => property;
}

/// <summary>A set of options that fill one of the engine's option records.</summary>
internal sealed class EngineOptions<TRecord>(TRecord defaults)
{
    private readonly List<(Option Option, Func<TRecord, ParseResult, TRecord> Set)> _options = [];

    public void AddTo(Command command)
    {
        foreach ((Option option, _) in _options) command.Add(option);
    }

    /// <summary>The record with everything that was given; whatever was not keeps the engine's default.</summary>
    public TRecord Read(ParseResult parsed)
    {
        TRecord record = defaults;
        foreach ((Option option, Func<TRecord, ParseResult, TRecord> set) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false }) record = set(record, parsed);
        }

        return record;
    }

    public void Integer(string[] names, string property, Func<TRecord, int> get, Func<TRecord, int, TRecord> set, string description) =>
        Add(new EngineOption<int>(property, names)
        {
            Description = description,
            HelpName = "count",
            CustomParser = Values.ReadInteger,
            DefaultValueFactory = _ => get(defaults),
        }, set);

    public void Number(string[] names, string property, Func<TRecord, float> get, Func<TRecord, float, TRecord> set, string description) =>
        Add(new EngineOption<float>(property, names)
        {
            Description = description,
            HelpName = "number",
            CustomParser = Values.ReadNumber,
            DefaultValueFactory = _ => get(defaults),
        }, set);

    public void Flag(string[] names, string property, Func<TRecord, bool, TRecord> set, string description) =>
        Add(new EngineOption<bool>(property, names) { Description = description }, set);

    public void Texts(string[] names, string property, Func<TRecord, string[], TRecord> set, string description) =>
        Add(new EngineOption<string[]>(property, names)
        {
            Description = description,
            HelpName = "text",
            Arity = ArgumentArity.OneOrMore,
        }, set);

    /// <summary>An option of another type, with its own parser; without a default to show.</summary>
    public void Value<T>(
        string[] names, string property, Func<ArgumentResult, T> parse, Func<TRecord, T, TRecord> set, string helpName, string description)
        where T : notnull =>
        Add(new EngineOption<T>(property, names)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = parse!,
            Arity = typeof(T).IsClass ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
        }, set);

    private void Add<T>(EngineOption<T> option, Func<TRecord, T, TRecord> set) =>
        _options.Add((option, (record, parsed) => set(record, parsed.GetRequiredValue(option))));
}
