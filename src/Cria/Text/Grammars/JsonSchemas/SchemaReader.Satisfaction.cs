using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>Which goals any value can satisfy at all.</summary>
internal sealed partial class SchemaReader
{
    private const int MostWork = 200_000;

    private readonly Dictionary<string, bool> _satisfiable = [];
    private int _work;

    /// <summary>Whether some finite value satisfies a goal.</summary>
    /// <param name="goal">The goal.</param>
    /// <param name="isOpen">Whether what the schema leaves open counts.</param>
    public bool Satisfiable(SchemaGoal goal, bool isOpen) => Satisfiable(goal, isOpen, []);

    /// <summary>The strings that satisfy a goal.</summary>
    public RegexNode StringsOf(SchemaGoal goal) => RegexNode.Choice(Read(goal).Where(one => one.Types.HasFlag(SchemaTypes.String)).Select(one =>
        one.Listed is { } listed ? RegexNode.Choice(AllowedTexts(one, listed).Select(RegexNode.Literal)) : StringsOf(one)));

    /// <summary>The strings of a case that does not list its values.</summary>
    public static RegexNode StringsOf(SchemaCase one) => one.String.ToLanguage([.. one.Excluded.Where(IsText).Select(value => value.Text())]);

    private static IEnumerable<string> AllowedTexts(SchemaCase one, IReadOnlyList<SchemaNode> listed) =>
        listed.Where(value => IsText(value) && one.Allows(value)).Select(value => value.Text());

    private static bool IsText(SchemaNode value) => value.Element.ValueKind == System.Text.Json.JsonValueKind.String;

    // While one demand is read this looks into the parts of values, where demands that are being read may occur again, rightly. What they
    // allow is not known yet, so they count as satisfiable.
    private bool Overlap(SchemaNode left, SchemaNode right)
    {
        _level++;
        try
        {
            return Satisfiable(SchemaGoal.Schema(left).And(SchemaGoal.Schema(right)), isOpen: true);
        }
        finally
        {
            _level--;
        }
    }

    // A value that can only be made of values of the same goal is never finished, so a goal within itself counts as not satisfiable. What
    // was found under that assumption is not kept unless it is true anyway.
    private bool Satisfiable(SchemaGoal goal, bool isOpen, HashSet<string> outer)
    {
        if (ReferenceEquals(goal, SchemaGoal.Any)) return true;
        string key = (isOpen ? "open " : "") + goal.Key;
        if (_satisfiable.TryGetValue(key, out bool known)) return known;
        if (!outer.Add(goal.Key)) return false;
        if (++_work > MostWork || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new GrammarTooLargeException();
        try
        {
            bool found = Read(goal).Any(one => Satisfiable(one, isOpen, part => Satisfiable(part, isOpen, outer)));
            if (found || outer.Count == 1) _satisfiable.TryAdd(key, found);
            return found;
        }
        catch (UndecidedException)
        {
            return true;
        }
        finally
        {
            outer.Remove(goal.Key);
        }
    }

    private static bool Satisfiable(SchemaCase one, bool isOpen, Func<SchemaGoal, bool> isSatisfiable)
    {
        if (one.Listed is { } listed) return listed.Any(one.Allows);
        SchemaTypes types = SchemaShapes.TypesOf(one, isOpen);
        if ((types & (SchemaTypes.Null | SchemaTypes.Boolean)) != 0 && SchemaShapes.Constants(one, types).Any()) return true;
        return types.HasFlag(SchemaTypes.Number) && !NumberLanguage.Of(one).IsNothing
            || types.HasFlag(SchemaTypes.String) && !IsEmpty(StringsOf(one))
            || types.HasFlag(SchemaTypes.Array) && SchemaShapes.ArrayOf(one, isOpen, isSatisfiable) is not null
            || types.HasFlag(SchemaTypes.Object) && SchemaShapes.ObjectsOf(one, isOpen, isSatisfiable).Any();
    }

    private static bool IsEmpty(RegexNode language) => language is RegexAll or RegexNot ? new RegexAutomaton(language).IsNothing : language.IsNothing;

    /// <summary>What a demand allows is asked for while it is being read.</summary>
    private sealed class UndecidedException : Exception;
}
