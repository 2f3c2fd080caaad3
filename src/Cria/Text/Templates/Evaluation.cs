using System.Runtime.CompilerServices;
using Cria.Text.Templates.Syntax;
using Cria.Text.Templates.Tree;

namespace Cria.Text.Templates;

/// <summary>One rendering of a template: its variables, its output, what it has used up, and where in the template it is.</summary>
internal sealed class Evaluation
{
    private const int CharactersOfAStep = 32;

    private readonly SourceText _source;
    private readonly TemplateLimits _limits;
    private int _position;
    private int _depth;
    private long _steps;
    private long _uncharged;

    public Evaluation(
        SourceText source, IReadOnlyDictionary<string, TemplateValue> variables, TemplateLimits limits, TimeProvider clock, ReadLog? reads)
    {
        _source = source;
        _limits = limits;
        Clock = clock;
        Reads = reads;
        Output = new TextBuilder(this);
        foreach ((string name, TemplateValue value) in variables) Scope.Set(name, value);
    }

    public TimeProvider Clock { get; }

    /// <summary>Where reads are noted; null unless someone wants to know.</summary>
    public ReadLog? Reads { get; }

    public Scope Scope { get; set; } = new(null);

    public TextBuilder Output { get; private set; }

    public int RangeLimit => _limits.RangeLength;

    /// <summary>Begins the evaluation of a part of the template; there is no need to leave it where it fails.</summary>
    public void Enter(Node node)
    {
        _position = node.Position;
        Charge(1);
        Deepen();
    }

    public void Leave() => _depth--;

    /// <summary>Goes one level down, in the template or in a value that is walked through.</summary>
    public void Deepen()
    {
        if (++_depth > _limits.Depth) throw TooDeep();
        if ((_depth & 7) == 0) RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    /// <summary>Says that what follows happens at this part of the template, after parts of it were evaluated.</summary>
    public void At(Node node) => _position = node.Position;

    public void Charge(long steps)
    {
        _steps += steps;
        if (_steps > _limits.Steps) throw Fail("The template takes too many steps to render. Is there a loop that grows without end?");
    }

    /// <summary>Charges for text that is appended to a text of the given length, and refuses texts that grow too long.</summary>
    public void ChargeText(long length, long added)
    {
        if (added > _limits.TextLength - length) throw Fail($"A text grows longer than {_limits.TextLength} characters.");
        _uncharged += added;
        if (_uncharged < CharactersOfAStep) return;
        Charge(_uncharged / CharactersOfAStep);
        _uncharged %= CharactersOfAStep;
    }

    /// <summary>Charges for a list of so many items before it is made.</summary>
    public void ChargeItems(long count) => Charge(count * 4);

    /// <summary>Charges for a search in a text, which the worst of texts make compare each character with each.</summary>
    public void ChargeSearch(string text, string sought) => Charge((text.Length / CharactersOfAStep) + ((long)text.Length * sought.Length / 256));

    /// <summary>Runs statements and returns what they print; <paramref name="flow"/> tells whether they left a loop.</summary>
    public StringValue Capture(Block block, out Flow flow) => Capture(() => block.Run(this), out flow);

    public StringValue Capture(Func<Flow> run, out Flow flow)
    {
        TextBuilder outer = Output;
        Output = new TextBuilder(this);
        flow = run();
        StringValue text = Output.ToValue();
        Output = outer;
        return text;
    }

    public TemplateException Fail(string problem) => _source.Fail(_position, problem);

    public TemplateException TooDeep() => Fail("The template, or a value in it, nests too deep. Does a macro call itself without end?");
}
