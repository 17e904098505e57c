using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdP.Recovery.Dashboard;

/// <summary>The day of an instant, in queries: EF has no word for it that every database understands.</summary>
internal static class AuditDays
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The days since 1970 at an instant, in UTC.</summary>
    public static long Of(DateTimeOffset at) => (long)Math.Floor((at - DateTimeOffset.UnixEpoch) / Day);

    /// <summary>The first instant of a day.</summary>
    public static DateTimeOffset Start(long day) => DateTimeOffset.UnixEpoch + (day * Day);

    public static void Map(ModelBuilder builder) =>
        builder
            .HasDbFunction(typeof(AuditDays).GetMethod(nameof(Of))!)
            .HasTranslation(arguments => Translate(arguments[0]));

    // A host whose database cannot compare offsets keeps a number; others have a type, and date_part.
    private static SqlExpression Translate(SqlExpression at) =>
        at.TypeMapping is { Converter: not null } kept
            ? new SqlBinaryExpression(
                ExpressionType.Divide,
                at,
                new SqlConstantExpression(DateTimeOffset.UnixEpoch + Day, kept),
                typeof(long),
                LongTypeMapping.Default
            )
            : new SqlUnaryExpression(
                ExpressionType.Convert,
                Call(
                    "floor",
                    new SqlBinaryExpression(
                        ExpressionType.Divide,
                        Call("date_part", new SqlConstantExpression("epoch", StringTypeMapping.Default), at),
                        new SqlConstantExpression(Day.TotalSeconds, DoubleTypeMapping.Default),
                        typeof(double),
                        DoubleTypeMapping.Default
                    )
                ),
                typeof(long),
                LongTypeMapping.Default
            );

    private static SqlFunctionExpression Call(string name, params SqlExpression[] arguments) =>
        new(
            name,
            arguments,
            nullable: true,
            argumentsPropagateNullability: arguments.Select(_ => true),
            typeof(double),
            DoubleTypeMapping.Default
        );
}
