using System.Text;
using Cria.Runtime.Prefixes;

namespace Cria.Tests.Runtime.Prefixes;

public sealed class XxHash64Tests
{
    // Published values, with seed 0.
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void Gives_what_the_algorithm_is_known_to_give(string text, ulong expected) =>
        Assert.Equal(expected, XxHash64.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Parts_give_what_the_whole_gives()
    {
        byte[] bytes = [.. Enumerable.Range(0, 203).Select(i => (byte)(i * 37))];
        foreach (int first in new[] { 0, 32, 96, 192 })
        {
            var sum = new XxHash64();
            sum.Add(bytes.AsSpan(0, first));
            Assert.Equal(XxHash64.Of(bytes), sum.End(bytes.AsSpan(first)));
        }

        var cut = new XxHash64();
        Assert.Throws<ArgumentException>(() => cut.Add(bytes));
    }
}
