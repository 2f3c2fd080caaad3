using Cria.Text.Templates;

namespace Cria.Tests.Text.Templates;

/// <summary>What is wrong with a template is told with its place.</summary>
public sealed class TemplateErrorTests
{
    [Theory]
    [InlineData("{{ 1 + }}", 1, 8, "Expected a value, found }}.")]
    [InlineData("a\nb {{ 'x", 2, 6, "The string is not closed.")]
    [InlineData("a\r\nb\r\n  {# x", 3, 3, "The comment is not closed; end it with #}.")]
    [InlineData("{% if x %}\n\n", 2, 1, "The template ends before {% endif %}.")]
    [InlineData("x\n{% endfor %}", 2, 4, "There is no statement endfor here.")]
    [InlineData("{% nosuch %}", 1, 4, "There is no statement nosuch here.")]
    [InlineData("{{ a ? b }}", 1, 6, "The character '?' has no meaning here.")]
    [InlineData("{{ a b }}", 1, 6, "Expected }}, found b.")]
    [InlineData("{% for i in l %}{% endfor %}{% break %}", 1, 32, "A break belongs into a loop.")]
    [InlineData("{% for i in l %}{% macro f() %}{% continue %}{% endmacro %}{% endfor %}", 1, 35, "A continue belongs into a loop.")]
    [InlineData("{% set 5 = 6 %}", 1, 8, "A value is assigned to a name or to a member of a namespace.")]
    [InlineData("{% raw %}x", 1, 1, "The raw block is not closed; end it with {% endraw %}.")]
    [InlineData("{{ 99999999999999999999 }}", 1, 4, "The integer is too large.")]
    public void Says_where_it_cannot_be_parsed(string template, int line, int column, string problem) =>
        AssertFails(() => Template.Parse(template), line, column, problem);

    [Theory]
    [InlineData("{{ raise_exception('Roles must alternate.') }}", 1, 19, "Roles must alternate.")]
    [InlineData("ok\n  {{ 1 + none }}", 2, 8, "The operator + does not go between integer and none.")]
    [InlineData("{{ 'a' | nosuch }}", 1, 10, "There is no filter nosuch for string.")]
    [InlineData("{{ 'a' is nosuch }}", 1, 8, "There is no test nosuch.")]
    [InlineData("{{ nosuch() }}", 1, 10, "nosuch is undefined and cannot be called.")]
    [InlineData("{% for i in 5 %}{% endfor %}", 1, 4, "A loop goes through a list or a map, not through integer.")]
    [InlineData("{% set a, b = [1] %}", 1, 4, "A list of 1 cannot be taken apart into 2 variables.")]
    [InlineData("{{ range(0, 5, 0) }}", 1, 9, "range cannot go by steps of 0.")]
    [InlineData("{{ 5 % 0 }}", 1, 6, "A number cannot be divided by 0.")]
    [InlineData("{{ 9223372036854775807 + 1 }}", 1, 24, "The result is too large for an integer.")]
    [InlineData("{{ [].pop() }}", 1, 10, "pop finds no item at this index.")]
    public void Says_where_it_cannot_be_rendered(string template, int line, int column, string problem) =>
        AssertFails(() => Rendering.Render(template), line, column, problem);

    [Fact]
    public void Has_the_place_in_its_message()
    {
        var failure = new TemplateException(2, 7, "It is wrong.");
        Assert.Equal("The template fails at line 2, column 7: It is wrong.", failure.Message);
    }

    private static void AssertFails(Action action, int line, int column, string problem)
    {
        TemplateException failure = Assert.Throws<TemplateException>(action);
        Assert.Equal((line, column, problem), (failure.Line, failure.Column, failure.Problem));
    }
}
