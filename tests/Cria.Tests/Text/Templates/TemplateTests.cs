using System.Text.Json;
using Cria.Testing;
using Cria.Text.Templates;

namespace Cria.Tests.Text.Templates;

public sealed class TemplateTests
{
    [Fact]
    public void Tells_the_time_of_the_clock_that_it_is_given()
    {
        var clock = new StoppedClock(new DateTimeOffset(2024, 2, 9, 4, 5, 6, TimeSpan.Zero));
        Assert.Equal("09 Feb 2024 06:05", Rendering.Render("{{ strftime_now('%d %b %Y %H:%M') }}", clock: clock).Text);
    }

    [Fact]
    public void Renders_the_same_from_many_threads()
    {
        Template template = Template.Parse("{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{{ loop.index }}{% endfor %}={{ ns.n }}");
        using JsonDocument json = JsonDocument.Parse("""{ "l": [1, 2, 3] }""");
        Parallel.For(0, 200, _ => Assert.Equal("123=6", template.Render(Rendering.Variables(json.RootElement)).Text));
    }

    [Fact]
    public void Keeps_the_order_and_the_kinds_of_json()
    {
        const string Json = """{"z": 1, "a": [1.5, true, null, "x"], "big": 9007199254740993, "neg": -0.25}""";
        Assert.Equal(Json, Rendering.Text("{{ v | tojson }}", $$"""{ "v": {{Json}} }"""));
    }

    [Fact]
    public void Refuses_values_that_nest_too_deep()
    {
        string deep = new string('[', 1000) + new string(']', 1000);
        using JsonDocument json = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 2000 });
        Assert.Throws<TemplateException>(() => TemplateValue.FromJson(json.RootElement, isInput: false));
    }

    [Fact]
    public void Reaches_nothing_but_its_values()
    {
        string[] attempts =
        [
            "{{ ''.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ s.GetType }}", "{{ s['GetType'] }}", "{{ range.__globals__ }}", "{{ self }}",
            "{{ config }}", "{{ namespace.__init__ }}", "{{ l.Items }}{{ l.Count }}", "{{ m.Entries }}",
        ];
        foreach (string attempt in attempts)
        {
            string text;
            try
            {
                text = Rendering.Text(attempt, """{ "s": "x", "l": [], "m": {} }""");
            }
            catch (TemplateException)
            {
                continue;
            }
            Assert.Equal("", text);
        }
        Assert.Throws<TemplateException>(() => Template.Parse("{% include 'file' %}"));
        Assert.Throws<TemplateException>(() => Template.Parse("{% import 'file' as f %}"));
        Assert.Throws<TemplateException>(() => Template.Parse("{% extends 'file' %}"));
    }

    // Mutants of templates that use everything: each renders or fails with a TemplateException, and none takes long.
    [Fact]
    public void Fails_in_no_other_way_whatever_the_template_is()
    {
        string[] snippets = [.. File.ReadLines(Path.Combine(Repository.Root, "tests/Cria.Conformance/Text/Templates/JinjaSnippets.txt"))];
        using JsonDocument json = JsonDocument.Parse(
            """{ "n": 5, "f": 2.5, "s": "hello", "l": [1, 2], "m": { "a": 1, "sub": { "x": "y" } }, "messages": [{ "role": "user", "content": "hi" }] }""");
        var limits = new TemplateLimits { Steps = 20_000, TextLength = 100_000 };
        var random = new Random(7);
        int rendered = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string mutant = Mutant(random, snippets);
            try
            {
                Template.Parse(mutant).Render(Rendering.Variables(json.RootElement), limits);
                rendered++;
            }
            catch (TemplateException failure)
            {
                Assert.True(failure.Line > 0 && failure.Column > 0);
            }
            catch (Exception e)
            {
                Assert.Fail($"{mutant}\n{e}");
            }
        }
        Assert.InRange(rendered, 1_000, 19_000);
    }

    private static string Mutant(Random random, string[] snippets)
    {
        string text = snippets[random.Next(snippets.Length)];
        int edits = random.Next(1, 4);
        for (int i = 0; i < edits && text.Length > 0; i++)
        {
            string other = snippets[random.Next(snippets.Length)];
            int from = random.Next(other.Length + 1);
            string piece = other.Substring(from, Math.Min(random.Next(12), other.Length - from));
            int at = random.Next(text.Length);
            text = random.Next(3) switch
            {
                0 => text.Insert(at, piece),
                1 => text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at)),
                _ => text.Remove(at, Math.Min(piece.Length, text.Length - at)).Insert(at, piece),
            };
        }
        return text;
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("two hours ahead", TimeSpan.FromHours(2), null, null);

        public override DateTimeOffset GetUtcNow() => now;
    }
}
