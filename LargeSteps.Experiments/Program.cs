using System.Text;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Numerics;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
NativeHeap.KeepLargeBlocks();
return Terminal.Run(terminal => CommandLine.Run(args, terminal));
