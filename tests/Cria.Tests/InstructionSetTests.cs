using System.Runtime.Intrinsics;
using Cria.Testing;
using Cria.Tests.Tensors;
using Cria.Tests.Tensors.Formats;

namespace Cria.Tests;

/// <summary>Every test class of kernels, run again at each instruction set; see <see cref="InstructionSets"/> on how to add one.</summary>
public sealed class InstructionSetTests
{
    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Vectors(InstructionSet level) => InstructionSets.Run<VectorTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Matrix_products(InstructionSet level) => InstructionSets.Run<Tensors.MatMulTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Row_operations(InstructionSet level) => InstructionSets.Run<Tensors.RowOperationTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Low_rank_products(InstructionSet level) => InstructionSets.Run<Tensors.LowRankTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Attention(InstructionSet level) => InstructionSets.Run<Tensors.AttentionTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Networks_in_any_company(InstructionSet level) => InstructionSets.Run<Models.BatchInvarianceTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Attention_of_any_company(InstructionSet level) => InstructionSets.Run<Tensors.AttentionInvarianceTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Cache_memory(InstructionSet level) => InstructionSets.Run<Tensors.KvPagesTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Vector_functions(InstructionSet level) => InstructionSets.Run<Tensors.VectorMathTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Half_floats(InstructionSet level) => InstructionSets.Run<HalfFloatsTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Block_decoding(InstructionSet level) => InstructionSets.Run<BlockDecodingTests>(level);

    [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
    public void Block_encoding(InstructionSet level) => InstructionSets.Run<BlockEncodingTests>(level);

    [Fact]
    public void A_failure_in_the_child_comes_back_with_its_message()
    {
        Exception failure = Assert.ThrowsAny<Exception>(() => InstructionSets.Run<Failing>(InstructionSet.Scalar));
        Assert.Contains("seen from the child", failure.Message);
    }

    /// <summary>The example: a test class like any other, which also runs by itself.</summary>
    public sealed class VectorTests
    {
        [Theory]
        [InlineData(1)]
        [InlineData(1000)]
        public void The_sum_of_a_vector_is_that_of_its_elements(int first)
        {
            Vector512<int> v = Vector512.CreateSequence(first, 1);
            Assert.Equal(Enumerable.Range(first, 16).Sum(), Vector512.Sum(v));
        }
    }

#pragma warning disable xUnit1000 // Not public, so that the test framework does not find it.
    private sealed class Failing
#pragma warning restore xUnit1000
    {
        [Fact]
        public void Fails() => Assert.Fail("seen from the child");
    }
}
