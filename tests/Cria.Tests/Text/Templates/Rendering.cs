using System.Text.Json;
using Cria.Text.Templates;

namespace Cria.Tests.Text.Templates;

/// <summary>Renders templates for tests.</summary>
internal static class Rendering
{
    public static RenderedText Render(string template, string variables = "{}", TemplateLimits? limits = null, TimeProvider? clock = null)
    {
        using JsonDocument json = JsonDocument.Parse(variables);
        return Template.Parse(template).Render(Variables(json.RootElement), limits, clock);
    }

    public static string Text(string template, string variables = "{}") => Render(template, variables).Text;

    public static Dictionary<string, TemplateValue> Variables(JsonElement json) =>
        json.EnumerateObject().ToDictionary(property => property.Name, property => TemplateValue.FromJson(property.Value, isInput: true));
}
