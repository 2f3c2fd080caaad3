namespace Cria.Text.Templates.Library;

/// <summary>The filters select, reject, selectattr and rejectattr.</summary>
internal static class Selection
{
    // llama.cpp makes no difference between selecting items and selecting by an attribute, but by the number of arguments. What it cannot
    // make sense of has the meaning of Python.
    public static TemplateValue Select(TemplateValue value, Arguments args, bool byAttribute, bool keep)
    {
        if (value is not ListValue list) throw args.Refuse(value);
        args.Evaluation.ChargeItems(list.Items.Count);
        TemplateValue[] items = [.. list.Items];
        StringValue? name = args.Count > 0 ? args.RequireText(0) : null;
        switch (args.Count)
        {
            case 0 when !byAttribute:
                return Kept(item => item.IsTrue);
            case 1 when byAttribute || (items.All(item => item is MapValue) && items.Length > 0):
                return Kept(item => Member(item).IsTrue);
            case 1:
                return Kept(Test(name!.Text, 1));
            case 2 when Tests.Exists(name!.Text):
                return Kept(Test(name.Text, 1));
            case >= 2 when byAttribute:
                Func<TemplateValue, bool> test = Test(args.RequireText(1).Text, 2);
                return Kept(item => test(Member(item)));
            case >= 2:
                return Kept(Test(name!.Text, 1));
            default:
                throw args.Fail("needs an attribute");
        }

        ListValue Kept(Func<TemplateValue, bool> condition) => new(items.Where(item => condition(item) == keep));

        TemplateValue Member(TemplateValue item) => item is MapValue map
            ? map.TryGet(name!, out TemplateValue? member) ? member : TemplateValue.Undefined
            : throw args.Fail($"looks for attributes in maps, not in {item.Kind}");

        Func<TemplateValue, bool> Test(string test, int rest)
        {
            Test found = Tests.Find(test) ?? throw args.Fail($"knows no test {test}");
            var arguments = new Arguments(args.Evaluation, test, [.. args.Items.Skip(rest)]);
            return item =>
            {
                args.Evaluation.Charge(1);
                return found(item, arguments);
            };
        }
    }
}
