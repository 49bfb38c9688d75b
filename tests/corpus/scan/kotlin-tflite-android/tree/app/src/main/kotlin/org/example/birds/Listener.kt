package org.example.birds

import android.content.Context
import java.io.FileInputStream
import java.nio.MappedByteBuffer
import java.nio.channels.FileChannel
import org.tensorflow.lite.Interpreter

class Listener(context: Context) {
    private val interpreter = Interpreter(map(context, "bird_calls.tflite"))

    private fun map(context: Context, name: String): MappedByteBuffer {
        val file = context.assets.openFd(name)
        return FileInputStream(file.fileDescriptor).channel
            .map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
    }

    fun hear(sound: FloatArray): Int {
        val scores = Array(1) { FloatArray(120) }
        interpreter.run(arrayOf(sound), scores)
        return scores[0].indices.maxByOrNull { scores[0][it] } ?: 0
    }
}
