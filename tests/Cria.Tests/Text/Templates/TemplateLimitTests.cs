using Cria.Text.Templates;

namespace Cria.Tests.Text.Templates;

/// <summary>A hostile template ends with an error, soon and without taking much memory.</summary>
public sealed class TemplateLimitTests
{
    private const long Megabytes = 1 << 20;

    [Theory]
    [InlineData("{{ 'a' * 1000000000 }}")]
    [InlineData("{{ 'a' * 9223372036854775807 }}")]
    [InlineData("{{ [1] * 1000000000 }}")]
    [InlineData("{{ range(1000000000) }}")]
    [InlineData("{{ range(-9223372036854775807, 9223372036854775807) }}")]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% continue %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s='aa') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s=['a', 'a']) %}{% for i in range(100) %}{% set ns.s = [ns.s | join(ns.s | join), 'b'] %}{% endfor %}")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}")]
    [InlineData("{% set l = [1] %}{% for i in range(100) %}{% set _ = l.extend(l) %}{% endfor %}")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l | string }}")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l }}")]
    [InlineData("{% set m = {} %}{% set m.m = m %}{{ m | tojson(indent=1000) }}")]
    [InlineData("{% set ns = namespace(t=()) %}{% for i in range(100) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ ns.t }}")]
    [InlineData("{% set n = namespace(t=(), u=()) %}{% for i in range(100) %}{% set n.t = (n.t, n.t) %}{% set n.u = (n.u, n.u) %}{% endfor %}{{ n.t == n.u }}")]
    [InlineData("{% set n = namespace(t=()) %}{% for i in range(99999) %}{% set n.t = (n.t, 1) %}{% endfor %}{{ n.t == n.t | list }}{{ {n.t: 1}[n.t] }}{{ n.t | string }}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{% macro g(n) %}{% if n %}{{ g(n - 1) }}{{ g(n - 1) }}{% endif %}{% endmacro %}{{ g(60) }}")]
    [InlineData("{% macro f(x) %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f(1) %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{{ [1] | tojson(indent=1000000000) }}")]
    [InlineData("{{ 'a' | indent(1000000000, true) }}")]
    [InlineData("{{ '%999999d' % 1 }}{% for i in range(100000) %}{{ '%999999d' % 1 }}{% endfor %}")]
    [InlineData("{{ 'a'.center(1000000000) }}")]
    [InlineData("{{ '7'.zfill(1000000000) }}")]
    [InlineData("{% set a = 'a' * 2000000 %}{{ (a + 'b') in a }}{{ a.find('a' * 1000000 + 'b') }}{{ a.count('a' * 1000000 + 'b') }}")]
    [InlineData("{% set a = 'a' * 2000000 %}{% for i in range(100000) %}{{ a == a ~ 'b' }}{% endfor %}")]
    [InlineData("{% set l = range(100000) | list %}{% for i in range(100000) %}{{ i in l }}{% endfor %}")]
    [InlineData("{% set l = range(100000) | list %}{% for i in range(100000) %}{{ l | sort | first }}{% endfor %}")]
    [InlineData("{% set l = range(100000) | list %}{% for i in range(100000) %}{{ l.pop(0) }}{{ l.insert(0, 1) or '' }}{% endfor %}{% for i in range(100000) %}{{ l[::-1] | length }}{% endfor %}")]
    [InlineData("{% for i in range(100000) %}{{ ('x' * 1000000).upper() }}{% endfor %}")]
    [InlineData("{% for i in range(100000) %}{{ ('x,' * 100000).split(',') | length }}{% endfor %}")]
    [InlineData("{{ [1, 2] | batch(1000000000, 0) | list }}")]
    public void Stops_a_template_that_grows_without_end(string template)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TemplateException failure = Assert.Throws<TemplateException>(() => Rendering.Render(template));
        Assert.True(failure.Line == 1 && failure.Column > 1, failure.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1500 * Megabytes);
    }

    [Theory]
    [InlineData("(", "1", ")")]
    [InlineData("[", "1", "]")]
    [InlineData("{'a':", "1", "}")]
    [InlineData("not ", "1", "")]
    [InlineData("- ", "1", "")]
    [InlineData("a[", "1", "]")]
    [InlineData("f(", "1", ")")]
    [InlineData("1 if 1 else ", "1", "")]
    [InlineData("1 if ", "1", "")]
    [InlineData("", "a", ".b")]
    [InlineData("", "a", "[0]")]
    [InlineData("", "a", "()")]
    [InlineData("", "a", "|upper")]
    [InlineData("", "a", " is defined")]
    [InlineData("", "1", "+1")]
    [InlineData("", "1", "**1")]
    [InlineData("", "1", " and 1")]
    [InlineData("", "1", " == 1")]
    [InlineData("", "1", " if 1")]
    public void Refuses_expressions_that_nest_too_deep(string before, string inner, string after)
    {
        const int Depth = 100_000;
        string template = $"{{{{ {Repeat(before, Depth)}{inner}{Repeat(after, Depth)} }}}}";
        Assert.Throws<TemplateException>(() => Rendering.Render(template));
    }

    [Theory]
    [InlineData("{% if 1 %}", "{% endif %}")]
    [InlineData("{% for a in [1] %}", "{% endfor %}")]
    [InlineData("{% macro f() %}", "{% endmacro %}")]
    [InlineData("{% set x %}", "{% endset %}")]
    [InlineData("{% filter upper %}", "{% endfilter %}")]
    [InlineData("{% call f() %}", "{% endcall %}")]
    [InlineData("{% with %}", "{% endwith %}")]
    public void Refuses_blocks_that_nest_too_deep(string open, string close) =>
        Assert.Throws<TemplateException>(() => Rendering.Render(Repeat(open, 20_000) + Repeat(close, 20_000)));

    [Fact]
    public void Takes_what_published_templates_need_many_times_over()
    {
        string elifs = string.Concat(Enumerable.Range(1, 2000).Select(i => $"{{% elif n == {i} %}}{i}"));
        Assert.Equal("1999", Rendering.Text($"{{% if n == 0 %}}0{elifs}{{% endif %}}", """{ "n": 1999 }"""));
        Assert.Equal(new string('1', 300), Rendering.Text($"{{{{ '1'{Repeat(" ~ '1'", 299)} }}}}"));
        Assert.Equal("50", Rendering.Text("{% macro f(n) %}{% if n < 50 %}{{ f(n + 1) }}{% else %}{{ n }}{% endif %}{% endmacro %}{{ f(0) }}"));
        Assert.Equal(2_000_000, Rendering.Text("{{ text | trim | replace('b', 'c') }}", $$"""{ "text": "{{new string('a', 2_000_000)}}" }""").Length);
    }

    [Fact]
    public void Has_limits_that_can_be_set()
    {
        Assert.Throws<TemplateException>(() => Rendering.Render("{{ 1 }}{{ 2 }}", limits: new TemplateLimits { Steps = 3 }));
        Assert.Throws<TemplateException>(() => Rendering.Render("12345", limits: new TemplateLimits { TextLength = 4 }));
        Assert.Throws<TemplateException>(() => Rendering.Render("{{ range(5) }}", limits: new TemplateLimits { RangeLength = 4 }));
        Assert.Throws<TemplateException>(() => Rendering.Render("{{ [[[1]]] }}", limits: new TemplateLimits { Depth = 3 }));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
