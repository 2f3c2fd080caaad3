using Cria.Text.Templates;

namespace Cria.Tests.Text.Templates;

/// <summary>What came from the caller stays marked, whatever a template does with it. In these tests that is all upper-case letters.</summary>
public sealed class TemplateInputTests
{
    private const string Variables = """
        { "a": "AB", "b": "CD CD", "u": "É世X", "l": ["A", "B"], "m": { "K": "V", "L": ["W\n\"W"] }, "list": [{ "x": "A" }, { "x": "B" }] }
        """;

    [Theory]
    [InlineData("{{ a }}", "AB")]
    [InlineData("<{{ a }}|{{ 'x' ~ a ~ 'y' + a }}>", "<AB|xAByAB>")]
    [InlineData("{{ (a ~ 'x') * 3 }}", "ABxABxABx")]
    [InlineData("{{ ('x' ~ a ~ 'y')[1:3] }}{{ ('x' ~ a ~ 'y')[::-1] }}{{ ('x' ~ a)[0] }}", "AByBAxx")]
    [InlineData("{{ ('é' ~ u ~ 'ñ')[::1] }}{{ ('é' ~ u ~ 'ñ')[2:4] }}", "éÉ世XñÉ")]
    [InlineData("{{ b.split(' ') | join('-') }}{{ b.split(' ')[0] }}{{ b.rsplit(' ', 1)[0] }}", "CD-CDCDCD")]
    [InlineData("{{ b | replace('CD', 'x') }}{{ b | replace(' ', '_') }}{{ 'xyx' | replace('y', a) }}", "x xCD_CDxABx")]
    [InlineData("{{ ('  ' ~ a ~ '  ') | trim }}{{ (' ' ~ a).lstrip() }}", "ABAB")]
    [InlineData("{{ ('x' ~ a ~ '\ny') | indent(2, true) }}", "  xAB\n  y")]
    [InlineData("{{ 'x{}y{}'.format(a, 1) }}{{ '{0:>4}'.format(a) }}{{ '%s-%s' % (a, 'x') }}", "xABy1  ABAB-x")]
    [InlineData("{{ l | join(', ') }}{{ l | first }}{{ l | string }}{{ list | map(attribute='x') | join('+') }}", "A, BA['A', 'B']A+B")]
    [InlineData("{{ l | tojson }}{{ (a ~ 'x') | tojson }}", "[\"A\", \"B\"]\"ABx\"")]
    [InlineData("{% set x %}x{{ a }}{% endset %}{{ x }}{% filter trim %} {{ a }} {% endfilter %}", "xABAB")]
    [InlineData("{% macro f(v) %}({{ v }}){% endmacro %}{{ f(a) }}{% call f(a) %}{% endcall %}", "(AB)(AB)")]
    [InlineData("{% for k, v in m.items() %}{{ k }}={{ v | string }};{% break %}{% endfor %}", "K=V;")]
    [InlineData("{% for i in [1, 2] %}y{% if i == 1 %}{{ a }}{% continue %}{% endif %}{{ a }}{% endfor %}", "yyAB")]
    [InlineData("{{ a.partition('A') | join('') }}{{ a | reverse }}{{ a | list | join }}{{ a.removeprefix('A') }}{{ a.center(4, '.') }}", "ABBAABB.AB.")]
    public void Marks_what_came_from_the_caller(string template, string expected)
    {
        RenderedText rendered = Rendering.Render(template, Variables);
        Assert.Equal(expected, rendered.Text);
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] == ' ') continue;
            bool isUpper = char.IsUpper(expected[i]) || expected[i] == '世';
            Assert.True(isUpper == IsInput(rendered, i), $"character {i}, {expected[i]}");
        }
    }

    [Fact]
    public void Marks_escapes_that_stand_for_what_the_caller_said()
    {
        RenderedText rendered = Rendering.Render("{{ m.L | tojson }}", Variables);
        Assert.Equal("[\"W\\n\\\"W\"]", rendered.Text);
        Assert.Equal([2..8], rendered.Input);
    }

    [Fact]
    public void Keeps_ranges_in_order_and_apart()
    {
        RenderedText rendered = Rendering.Render("{{ a }}{{ a }}x{{ a }}", Variables);
        Assert.Equal([0..4, 5..7], rendered.Input);
        Assert.Empty(Rendering.Render("{{ 1 }}x").Input);
    }

    private static bool IsInput(RenderedText rendered, int place) =>
        rendered.Input.Any(range => range.Start.Value <= place && place < range.End.Value);
}
